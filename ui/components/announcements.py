"""Above the messages: what administrators tell everybody, until it ends or is dismissed in this browser."""

from nicegui import ui

from app.announcements.schemas import Announcement
from app.auth.current import CurrentUser
from app.services import Services
from ui.i18n import Translator
from ui.markdown import render
from ui.markdown_rules import CodeLabels
from ui.markdown_view import safe_html
from ui.watching import while_open


class AnnouncementBar(ui.element, component="announcement.js"):
    """One announcement. The browser remembers that its `owner` has dismissed it; changed, it is another one."""

    def __init__(self, t: Translator, owner: str, item: Announcement) -> None:
        super().__init__()
        self.props["labels"] = {key: t(key) for key in ("announcement", "dismiss")}
        self.props.update(owner=owner, mark=f"{item.id} {item.changed_at.timestamp()}", level=item.level)
        with self:
            safe_html(render(item.text, CodeLabels())).classes("prose")


class Announcements:
    """Follows them as long as the page is open."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services) -> None:
        self._t, self._user, self._services = t, user, services
        self._client = ui.context.client
        self._place = ui.element("div").classes("announcements").props("aria-live=polite")
        while_open(self._client, "announcements", self._watch())

    async def _watch(self) -> None:
        await self._client.connected()
        shown: list[Announcement] = []
        async for items in self._services.announcements.watch():
            if items != shown:
                shown = items
                self._show(items)

    def _show(self, items: list[Announcement]) -> None:
        self._place.clear()
        with self._place:
            for item in items:
                AnnouncementBar(self._t, str(self._user.id), item)
