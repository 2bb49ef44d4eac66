"""Above the messages: the conversation's title and its menu, and the engine."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from ui.components.control_elements import OPEN_SETTINGS
from ui.components.conversation_menu import ConversationMenu
from ui.components.engine_status import EngineStatusLine
from ui.elements import icon_button, set_text, text
from ui.i18n import Translator

TOGGLE_SIDEBAR = "() => shell.toggleSidebar()"


class Header:
    """`menu` builds the menu of the open conversation here. With `several` models there is a choice."""

    def __init__(
        self,
        t: Translator,
        *,
        menu: Callable[[], ConversationMenu],
        new_chat: Callable[[], Awaitable[None]],
        several: bool,
    ) -> None:
        with ui.element("header").classes("header"):
            opener = icon_button(t("open_sidebar"), "sidebar", classes="icon-button sidebar-open")
            opener.on("click", js_handler=TOGGLE_SIDEBAR)
            self._title = text("", "title", "h1")
            self._menu = menu()
            ui.element("div").classes("spacer")
            self.engine = EngineStatusLine(t, several=several)
            settings = icon_button(t("chat_settings"), "sliders", classes="icon-button header-settings")
            settings.props("aria-haspopup=dialog").on("click", js_handler=OPEN_SETTINGS)
            fresh = icon_button(t("new_chat"), "new", classes="icon-button header-new")
            fresh.on("click", new_chat)
        self.show(None)

    def show(self, title: str | None) -> None:
        """The title of the conversation; None for a new one."""
        set_text(self._title, title or "")
        self._menu.show()
