"""A page of sections with their names beside it, such as the administration."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from nicegui import background_tasks, ui

from app.auth.current import CurrentUser
from app.errors import AppError
from app.services import Services
from ui.components.notice import Notice
from ui.components.settings_visit import Visit
from ui.elements import named, text
from ui.i18n import Translator
from ui.theme import icon

Read = Callable[[], Awaitable[None]]


class Sections:
    """`kind` is the prefix of the texts. Built once per page load; what is shown is read over the socket afterwards."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, zone: ZoneInfo, kind: str) -> None:
        self._t, self._kind, self._client = t, kind, ui.context.client
        self.visit = Visit(t, user, services, zone, self._client)
        self.safely = self.visit.safely(self._tell)

    @contextmanager
    def page(self, keys: Sequence[str]) -> Iterator[None]:
        """The frame around the sections `keys`."""
        t = self._t
        with ui.element("div").classes("offline").props("role=alert"):
            text(t("offline"))
        with ui.element("main").classes(f"settings {self._kind}"):
            with ui.element("header").classes("header"):
                back = named(ui.element("a").classes("icon-button").props("href=/"), t("back_to_chat"), title=True)
                with back:
                    icon("left")
                text(t(self._kind), "title", "h1")
            with ui.element("div").classes("settings-columns"):
                with named(ui.element("nav").classes("settings-nav"), t(self._kind)):
                    for key in keys:
                        text(t(f"{self._kind}_{key}"), tag="a").props(f"href=#{key}")
                with ui.element("div").classes("settings-sections"):
                    self._notice = Notice(t)
                    yield
        ui.on_exception(self._on_bug)

    @contextmanager
    def section(self, key: str) -> Iterator[None]:
        """One of them."""
        with ui.element("section").classes("settings-section").props(f"id={key} aria-labelledby={key}-title"):
            with ui.element("div").classes("section-head"):
                text(self._t(f"{self._kind}_{key}"), tag="h2").props(f"id={key}-title")
                text(self._t(f"{self._kind}_{key}_text"), tag="p")
            yield

    def start(self, reads: Sequence[Read]) -> None:
        """Read one after the other, when the socket is there."""

        async def read_all() -> None:
            await self._client.connected()
            for read in reads:
                if not self._client.is_deleted:
                    await read()

        background_tasks.create(read_all(), context=self._client)

    def _tell(self, error: AppError) -> None:
        self._notice.show(error)

    def _on_bug(self, error: Exception) -> None:
        """NiceGUI has logged it; the user is told that it was not their fault."""
        self._notice.show(AppError(str(error)))
