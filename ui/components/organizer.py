"""What is done to one conversation or to many at once, from whichever menu: at once, with a way back."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from app.conversations.list_repository import Listed
from app.conversations.schemas import FolderView, Organized
from ui.components.conversation_actions import rename
from ui.components.conversation_list import ConversationList
from ui.components.folder_dialogs import NO_FOLDER, choose_folder
from ui.components.tab import Tab
from ui.components.toast import Toast, Undo


class Organizer:
    """Every change is shown in the list, told with a way back, and known to the page. `refresh` reads the list anew."""

    def __init__(self, tab: Tab, shown: ConversationList, refresh: Callable[[], Awaitable[None]]) -> None:
        self._t, self._user, self._services, self._page, self._list = tab.t, tab.user, tab.services, tab.page, shown
        self._conversations = tab.services.conversations
        self._refresh = refresh
        self._toast = Toast(tab.t, tab.safely.run)

    async def act(self, what: str, ids: Sequence[UUID]) -> None:
        """Raises NotFound, Invalid (`title_invalid`), Unavailable; KeyError for what is not to be done."""
        match what:
            case "rename":
                await self._rename(ids[0])
            case "delete":
                await self._delete(ids)
            case "move":
                await self._move(ids)
            case "pin" | "unpin":
                # It is undone by the same menu.
                await self._organize(ids, Organized(pinned=what == "pin"))
            case "archive" | "unarchive":
                await self._organize(ids, Organized(archived=what == "archive"))
                back = Organized(archived=what != "archive")
                self._tell(f"{what}d", len(ids), lambda: self._organize(ids, back))
            case _:
                raise KeyError(what)

    async def _rename(self, conversation_id: UUID) -> None:
        conversation = await self._conversations.get(self._user, conversation_id)
        renamed = await rename(self._t, self._services, self._user, conversation)
        if renamed is not None:
            self._show(await self._conversations.by_ids(self._user, [renamed.id]))
            await self._page.changed(renamed)

    async def _delete(self, ids: Sequence[UUID]) -> None:
        opened = self._page.conversation
        await self._conversations.remove(self._user, ids)
        self._list.drop(ids)
        was_open = opened is not None and opened.id in ids
        if opened is not None and was_open:
            await self._page.gone(opened)

        async def undo() -> None:
            self._show(await self._conversations.restore(self._user, ids))
            if opened is not None and was_open and self._page.conversation is None:
                await self._page.visit(opened.id)

        self._tell("deleted", len(ids), undo)

    async def _move(self, ids: Sequence[UUID]) -> None:
        folders = (await self._services.folders.all_of(self._user)).items
        chosen = await choose_folder(self._t, self._services, self._user, folders)
        if chosen is None:
            return
        await self.put(ids, None if chosen is NO_FOLDER else chosen)
        if chosen is not NO_FOLDER and chosen not in folders:
            await self._refresh()

    async def put(self, ids: Sequence[UUID], folder: FolderView | None) -> None:
        """Into this folder, or out of all. Raises NotFound, Unavailable."""
        before = await self._conversations.by_ids(self._user, ids)
        await self._organize(ids, Organized(folder_id=folder and folder.id))

        async def undo() -> None:
            for folder_id in {row.folder_id for row in before}:
                together = [row.id for row in before if row.folder_id == folder_id]
                await self._organize(together, Organized(folder_id=folder_id))

        if folder is None:
            self._tell("moved_out", len(ids), undo)
        else:
            self._tell("moved", len(ids), undo, folder=folder.name)

    async def _organize(self, ids: Sequence[UUID], change: Organized) -> None:
        self._show(await self._conversations.organize(self._user, ids, change))
        opened = self._page.conversation
        if opened is not None and opened.id in ids:
            await self._page.changed(await self._conversations.get(self._user, opened.id))

    def _show(self, rows: Sequence[Listed]) -> None:
        self._list.change(rows)

    def _tell(self, key: str, count: int, undo: Undo, **values: str) -> None:
        words = self._t(f"{key}_one", **values) if count == 1 else self._t(f"{key}_many", count=count, **values)
        self._toast.tell(words, undo)
