"""The settings page of one browser tab: its sections, and where what went wrong is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from nicegui import background_tasks, ui

from app.auth.current import CurrentUser
from app.errors import AppError
from app.services import Services
from ui.components.notice import Notice
from ui.components.settings_account import AccountSection
from ui.components.settings_data import data_section
from ui.components.settings_keys import KeysSection
from ui.components.settings_look import look_section
from ui.components.settings_prompts import PromptsSection
from ui.components.settings_sessions import SessionsSection
from ui.components.settings_shares import SharesSection
from ui.components.settings_totp import TotpSection
from ui.components.settings_usage import UsageSection
from ui.components.settings_visit import SIGN_OUT_FORM, Visit
from ui.elements import named, text
from ui.i18n import Translator
from ui.theme import icon

SECTIONS = ("account", "sessions", "totp", "look", "prompts", "keys", "shares", "usage", "data")


class SettingsPage:
    """Built once per page load; what it shows is read over the socket, so that no user text is in the HTML."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, zone: ZoneInfo) -> None:
        self._t, self._client = t, ui.context.client
        visit = Visit(t, user, services, zone, self._client)
        self._safely = visit.safely(self._tell)
        with ui.element("div").classes("offline").props("role=alert"):
            text(t("offline"))
        with ui.element("main").classes("settings"):
            self._header()
            with ui.element("div").classes("settings-columns"):
                self._contents()
                with ui.element("div").classes("settings-sections"):
                    self._notice = Notice(t)
                    with self._section("account"):
                        account = AccountSection(visit, self._safely)
                    with self._section("sessions"):
                        sessions = SessionsSection(visit, self._safely)
                    with self._section("totp"):
                        totp = TotpSection(visit, self._safely)
                    with self._section("look"):
                        look_section(visit)
                    with self._section("prompts"):
                        prompts = PromptsSection(visit, self._safely)
                    with self._section("keys"):
                        keys = KeysSection(visit, self._safely)
                    with self._section("shares"):
                        shares = SharesSection(visit, self._safely)
                    with self._section("usage"):
                        usage = UsageSection(visit)
                    with self._section("data"):
                        data_section(visit)
        ui.element("form").props(f"id={SIGN_OUT_FORM} method=post action=/logout hidden")
        reads = (account, sessions, totp, prompts, keys, shares, usage)
        self._reads = [section.refresh for section in reads]
        ui.on_exception(self._on_bug)
        background_tasks.create(self._start(), context=self._client)

    def _header(self) -> None:
        with ui.element("header").classes("header"):
            back = named(ui.element("a").classes("icon-button").props("href=/"), self._t("back_to_chat"), title=True)
            with back:
                icon("left")
            text(self._t("settings"), "title", "h1")

    def _contents(self) -> None:
        with named(ui.element("nav").classes("settings-nav"), self._t("settings")):
            for key in SECTIONS:
                text(self._t(f"settings_{key}"), tag="a").props(f"href=#{key}")

    @contextmanager
    def _section(self, key: str) -> Iterator[None]:
        with ui.element("section").classes("settings-section").props(f"id={key} aria-labelledby={key}-title"):
            with ui.element("div").classes("section-head"):
                text(self._t(f"settings_{key}"), tag="h2").props(f"id={key}-title")
                text(self._t(f"settings_{key}_text"), tag="p")
            yield

    async def _start(self) -> None:
        await self._client.connected()
        if self._client.is_deleted:
            return
        for read in self._reads:
            await read()

    def _tell(self, error: AppError) -> None:
        self._notice.show(error)

    def _on_bug(self, error: Exception) -> None:
        """NiceGUI has logged it; the user is told that it was not their fault."""
        self._notice.show(AppError(str(error)))
