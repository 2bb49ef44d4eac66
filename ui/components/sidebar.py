"""The left column: new chat, search, conversations, account."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.conversations.listing import Section
from app.conversations.schemas import FolderView
from app.errors import Invalid, NotFound
from ui.components.account_menu import account_menu
from ui.components.conversation_list import ConversationList
from ui.components.folder_dialogs import create_folder, delete_folder, rename_folder
from ui.components.header import TOGGLE_SIDEBAR
from ui.components.organizer import Organizer
from ui.components.tab import Tab
from ui.elements import button, icon_button, link, text

# Rows that are read at once.
PART = 60
MAX_AT_ONCE = 10_000

Handler = Callable[..., Awaitable[None]]


class Sidebar:
    """`new_chat` opens no conversation. `organizer` is what the menu of the open conversation works with, too."""

    def __init__(self, tab: Tab, new_chat: Callable[[], Awaitable[None]]) -> None:
        self._tab, self._t, self._user, self._services = tab, tab.t, tab.user, tab.services
        t = tab.t
        handlers: dict[str, Handler] = {"load": self._load, "visit": self._visit, "act": self._act}
        handlers |= {"put": self._put, "folder": self._change_folder}
        with ui.element("aside").classes("sidebar"):
            with ui.element("div").classes("sidebar-top"):
                with link("/", new_chat, "brand"):
                    ui.element("span").classes("brand-mark").props("aria-hidden=true")
                    text(t("app_name"))
                closer = icon_button(t("close_sidebar"), "sidebar")
                closer.on("click", js_handler=TOGGLE_SIDEBAR)
            fresh = button(t("new_chat"), new_chat, classes="new-chat", symbol="new")
            fresh.on("click", js_handler="() => shell.closeOnPhone()")
            self._list = ConversationList(t)
            for event, handler in handlers.items():
                self._list.on(event, self._safe(handler))
            account_menu(t, tab.user)
        scrim = ui.element("div").classes("scrim").props("aria-hidden=true")
        scrim.on("click", js_handler=TOGGLE_SIDEBAR)
        self.organizer = Organizer(tab, self._list, self.refresh)

    async def refresh(self) -> None:
        """Read the list anew."""
        try:
            self._list.show(await self._services.conversations.overview(self._user, PART))
        except BaseException:
            self._list.fail("main")
            raise

    def set_active(self, conversation_id: UUID | None) -> None:
        """Mark the conversation that is shown."""
        self._list.set_active(conversation_id)

    def _safe(self, handler: Handler) -> Callable[[GenericEventArguments], Awaitable[None]]:
        async def handle(event: GenericEventArguments) -> None:
            arguments = event.args if isinstance(event.args, list) else [event.args]
            await self._tab.safely.run(lambda: handler(*arguments))

        return handle

    async def _load(self, section: str, cursor: str | None) -> None:
        if section == "main" and cursor is None:
            await self.refresh()
            return
        conversations = self._services.conversations
        try:
            if section.startswith("q:"):
                q = section[2:202].replace("\x00", "")
                lines = await conversations.search(self._user, q, cursor, PART)
            else:
                lines = await conversations.lines(self._user, _section(section), cursor, PART)
        except BaseException:
            self._list.fail(section)
            raise
        self._list.show_part(section, lines, first=cursor is None)

    async def _visit(self, conversation_id: str) -> None:
        await self._tab.page.visit(_uuid(conversation_id))

    async def _act(self, what: str, ids: list[str]) -> None:
        await self.organizer.act(what, [_uuid(one) for one in ids[:MAX_AT_ONCE]])

    async def _put(self, folder_id: str, ids: list[str]) -> None:
        folder = await self._folder(folder_id) if folder_id else None
        await self.organizer.put([_uuid(one) for one in ids[:MAX_AT_ONCE]], folder)

    async def _change_folder(self, what: str, folder_id: str) -> None:
        if what == "create":
            changed: Any = await create_folder(self._t, self._services, self._user)
        else:
            folder = await self._folder(folder_id)
            change = rename_folder if what == "rename" else delete_folder
            changed = await change(self._t, self._services, self._user, folder)
        if changed:
            await self.refresh()

    async def _folder(self, folder_id: str) -> FolderView:
        folders = (await self._services.folders.all_of(self._user)).items
        folder = next((one for one in folders if str(one.id) == folder_id), None)
        if folder is None:
            raise NotFound("There is no such folder.", code="folder_not_found")
        return folder


def _section(section: str) -> Section:
    return section if section in ("main", "archived") else _uuid(section)  # type: ignore[return-value]


def _uuid(text: str) -> UUID:
    """Raises Invalid: the page names no other ids."""
    try:
        return UUID(text)
    except (ValueError, AttributeError, TypeError):
        raise Invalid("There is no such id.") from None
