"""The left column: new chat, search, conversations, account."""

from collections.abc import Awaitable, Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.auth.current import CurrentUser
from app.conversations.schemas import ConversationView, ListedConversation
from app.services import Services
from ui.components.account_menu import account_menu
from ui.components.conversation_list import grouped
from ui.components.header import TOGGLE_SIDEBAR
from ui.elements import button, icon_button, link, named, text
from ui.i18n import Translator
from ui.theme import icon

SEARCH_PAUSE = 0.25


class Sidebar:
    """`visit` opens a conversation, `new_chat` none."""

    def __init__(
        self,
        t: Translator,
        user: CurrentUser,
        services: Services,
        zone: ZoneInfo,
        *,
        visit: Callable[[UUID], Awaitable[None]],
        new_chat: Callable[[], Awaitable[None]],
    ) -> None:
        self._t, self._user, self._services, self._zone, self._visit = t, user, services, zone, visit
        self._links: dict[UUID, ui.element] = {}
        self._items: list[ListedConversation] = []
        self._next: str | None = None
        self._query = ""
        self._active: UUID | None = None
        with ui.element("aside").classes("sidebar"):
            with ui.element("div").classes("sidebar-top"):
                with link("/", new_chat, "brand"):
                    ui.element("span").classes("brand-mark").props("aria-hidden=true")
                    text(t("app_name"))
                closer = icon_button(t("close_sidebar"), "sidebar")
                closer.on("click", js_handler=TOGGLE_SIDEBAR)
            fresh = button(t("new_chat"), new_chat, classes="new-chat", symbol="new")
            fresh.on("click", js_handler="() => shell.closeOnPhone()")
            with ui.element("label").classes("search"):
                icon("search")
                field = ui.element("input").props("type=search name=q autocomplete=off maxlength=200")
                named(field, t("search")).props["placeholder"] = t("search")
                field.on(
                    "input",
                    self._search,
                    throttle=SEARCH_PAUSE,
                    leading_events=False,
                    js_handler="(event) => emit(event.target.value)",
                )
            nav = named(ui.element("nav").classes("conversations"), t("conversations"))
            with nav:
                self._list = ui.element("div")
            account_menu(t, user)
        scrim = ui.element("div").classes("scrim").props("aria-hidden=true")
        scrim.on("click", js_handler=TOGGLE_SIDEBAR)

    async def refresh(self) -> None:
        """Read the list anew."""
        query = self._query
        page = await self._services.conversations.list(self._user, query or None)
        if query == self._query:
            self._items, self._next = page.items, page.next
            self._draw()

    def set_active(self, conversation_id: UUID | None) -> None:
        """Mark the conversation that is shown."""
        for marked in (self._active, conversation_id):
            if marked in self._links:
                current = "page" if marked == conversation_id else None
                self._links[marked].props.set_optional("aria-current", current)
        self._active = conversation_id

    async def _search(self, event: GenericEventArguments) -> None:
        self._query = str(event.args).replace("\x00", "").strip()[:200]
        await self.refresh()

    async def _more(self) -> None:
        page = await self._services.conversations.list(self._user, self._query or None, self._next)
        self._items, self._next = self._items + page.items, page.next
        self._draw()

    def _draw(self) -> None:
        self._list.clear()
        self._links.clear()
        with self._list:
            if not self._items:
                text(self._t("search_none" if self._query else "list_empty"), "list-note", "p")
            for key, items in grouped(self._items, self._zone):
                text(self._t(key), "group", "h2")
                with ui.element("ul"):
                    for item in items:
                        self._link(item)
            if self._next:
                button(self._t("list_more"), self._more, classes="button quiet wide")
        self.set_active(self._active)

    def _link(self, item: ConversationView) -> None:
        async def visit() -> None:
            await self._visit(item.id)

        with ui.element("li"), link(f"/c/{item.id}", visit, "conversation-link") as element:
            text(item.title or self._t("untitled"))
        element.props["title"] = item.title
        self._links[item.id] = element
