"""What can be done with the conversation that is open, as a menu beside its title."""

from nicegui import background_tasks, ui
from nicegui.events import GenericEventArguments

from app.conversations.schemas import ConversationView
from ui.components.control_elements import OPEN_SETTINGS
from ui.components.conversation_actions import id_in
from ui.components.organizer import Organizer
from ui.components.settings_visit import Visit
from ui.components.share_dialog import ShareDialog
from ui.components.tab import Tab
from ui.deps import time_zone_of
from ui.elements import button, icon_button, menu


class ConversationMenu:
    """Built inside the header. Its entries act on the conversation that is open when they are pressed."""

    def __init__(self, tab: Tab, organizer: Organizer) -> None:
        self._tab, self._t, self._page, self._organizer = tab, tab.t, tab.page, organizer
        t = tab.t
        client = ui.context.client
        client.on_delete(tab.services.titles.listen(tab.user.id, self._titled))
        with icon_button(t("options"), "more") as self.root:
            self.root.props("aria-haspopup=true")
            with menu(t("options")).props("auto-close"):
                settings = button(t("chat_settings"), None, classes="menu-item", symbol="sliders")
                settings.on("click", js_handler=OPEN_SETTINGS)
                self._entry("rename", "pen")
                self._pinning = (self._entry("pin", "pin"), self._entry("unpin", "unpin"))
                self._moving = self._entry("move", "folder", t("move_to_folder"))
                self._archiving = (self._entry("archive", "archive"), self._entry("unarchive", "unarchive"))
                sharer = button(t("share"), None, classes="menu-item", symbol="share")
                sharer.on("click", self._share, js_handler="() => emit(carry.leaf())")
                for format_name in ("json", "md"):
                    saver = button(t(f"export_{format_name}"), None, classes="menu-item", symbol="download")
                    saver.on("click", js_handler=f"() => carry.save('{format_name}')")
                printer = button(t("print_or_pdf"), None, classes="menu-item", symbol="print")
                printer.on("click", js_handler="() => carry.print()")
                self._entry("delete", "trash").classes("danger")

    def show(self) -> None:
        """For the conversation that is open; without one there is no menu."""
        conversation = self._page.conversation
        self.root.set_visibility(conversation is not None)
        if conversation is not None:
            kept = not conversation.temporary
            self._moving.set_visibility(kept)
            for entries, done in ((self._pinning, conversation.pinned), (self._archiving, conversation.archived)):
                entries[0].set_visibility(kept and not done)
                entries[1].set_visibility(kept and done)

    def _entry(self, what: str, symbol: str, words: str = "") -> ui.element:
        async def act() -> None:
            if (conversation := self._page.conversation) is not None:
                await self._organizer.act(what, [conversation.id])

        return button(words or self._t(what), self._tab.safely(act), classes="menu-item", symbol=symbol)

    def _titled(self, conversation: ConversationView) -> None:
        """The model has found a title."""
        if not self.root.client.is_deleted:
            background_tasks.create(self._page.changed(conversation), context=self.root.client)

    async def _share(self, event: GenericEventArguments) -> None:
        client = self.root.client
        visit = Visit(self._t, self._tab.user, self._tab.services, time_zone_of(client.request), client)
        conversation = self._page.conversation
        if conversation is not None:
            await ShareDialog(visit, conversation, id_in(event.args)).show()
