"""What can be done with the conversation that is open, as a menu beside its title."""

from typing import Protocol

from nicegui import background_tasks, ui
from nicegui.events import GenericEventArguments

from app.auth.current import CurrentUser
from app.conversations.schemas import ConversationView
from app.services import Services
from ui.components.control_elements import OPEN_SETTINGS
from ui.components.conversation_actions import delete, id_in, rename
from ui.components.safely import Safely
from ui.components.settings_visit import Visit
from ui.components.share_dialog import ShareDialog
from ui.deps import time_zone_of
from ui.elements import button, icon_button, menu
from ui.i18n import Translator


class Page(Protocol):
    """What the menu needs of the page that it stands in."""

    conversation: ConversationView | None

    async def changed(self, conversation: ConversationView) -> None:
        """A conversation is now like this."""

    async def gone(self, conversation: ConversationView) -> None:
        """A conversation is no longer there."""


class ConversationMenu:
    """Built inside the header. Its entries act on the conversation that is open when they are pressed."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, safely: Safely, page: Page) -> None:
        self._t, self._user, self._services, self._page = t, user, services, page
        client = ui.context.client
        client.on_delete(services.titles.listen(user.id, self._titled))
        with icon_button(t("options"), "more") as self.root:
            self.root.props("aria-haspopup=true")
            with menu(t("options")).props("auto-close"):
                settings = button(t("chat_settings"), None, classes="menu-item", symbol="sliders")
                settings.on("click", js_handler=OPEN_SETTINGS)
                button(t("rename"), safely(self._rename), classes="menu-item", symbol="pen")
                sharer = button(t("share"), None, classes="menu-item", symbol="share")
                sharer.on("click", self._share, js_handler="() => emit(carry.leaf())")
                for format_name in ("json", "md"):
                    saver = button(t(f"export_{format_name}"), None, classes="menu-item", symbol="download")
                    saver.on("click", js_handler=f"() => carry.save('{format_name}')")
                printer = button(t("print_or_pdf"), None, classes="menu-item", symbol="print")
                printer.on("click", js_handler="() => carry.print()")
                button(t("delete"), safely(self._delete), classes="menu-item danger", symbol="trash")

    def _titled(self, conversation: ConversationView) -> None:
        """The model has found a title."""
        if not self.root.client.is_deleted:
            background_tasks.create(self._page.changed(conversation), context=self.root.client)

    async def _rename(self) -> None:
        if (conversation := self._page.conversation) is not None:
            renamed = await rename(self._t, self._services, self._user, conversation)
            if renamed is not None:
                await self._page.changed(renamed)

    async def _share(self, event: GenericEventArguments) -> None:
        client = self.root.client
        visit = Visit(self._t, self._user, self._services, time_zone_of(client.request), client)
        conversation = self._page.conversation
        if conversation is not None:
            await ShareDialog(visit, conversation, id_in(event.args)).show()

    async def _delete(self) -> None:
        conversation = self._page.conversation
        if conversation and await delete(self._t, self._services, self._user, conversation):
            await self._page.gone(conversation)
