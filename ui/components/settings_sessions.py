"""Section “Devices”: where this account is signed in, and the end of one session or of all others."""

from nicegui import ui

from app.auth.cookie import session_cookie_name
from app.auth.schemas import SessionView
from ui.components.dialogs import confirm
from ui.components.safely import Safely
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.elements import button, named, text


class SessionsSection:
    """Newest use first; this browser is marked."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely = visit, safely
        self._sessions = Loaded(visit, self._read, self._draw)
        self.refresh = self._sessions.refresh
        self._others = button(visit.t("sessions_end_others"), safely(self._end_others))

    @property
    def _token(self) -> str | None:
        return self._visit.client.request.cookies.get(session_cookie_name(self._visit.services.settings))

    async def _read(self) -> list[SessionView]:
        return await self._visit.services.sessions.list(self._visit.user, self._token)

    def _draw(self, sessions: list[SessionView]) -> None:
        self._others.set_visibility(len(sessions) > 1)
        with named(ui.element("ul").classes("keys"), self._visit.t("settings_sessions")):
            for session in sessions:
                self._row(session)

    def _row(self, session: SessionView) -> None:
        visit, t = self._visit, self._visit.t
        name = session.device or t("session_unknown")

        async def end() -> None:
            await self._safely.run(lambda: visit.services.sessions.end(visit.user, session.id))
            await self.refresh()

        with ui.element("li"):
            with ui.element("div"):
                with ui.element("p").classes("key-name"):
                    text(name, tag="strong")
                    if session.current:
                        text(t("session_current"), "badge")
                    elif session.kind == "jwt":
                        text(t("session_program"), "badge")
                with ui.element("p").classes("key-facts"):
                    text(t("session_seen", moment=visit.moment(session.last_seen_at)))
                    text(t("session_since", day=visit.day(session.created_at)))
            if not session.current:
                ender = button(t("sign_out"), self._safely(end), classes="button")
                named(ender, f"{t('sign_out')}: {name}")

    async def _end_others(self) -> None:
        t = self._visit.t
        with self._visit.client.layout:
            question = t("sessions_end_others_sure")
            sure = await confirm(t, question, "", t("sessions_end_others_text"), t("sessions_end_others"))
        if sure:
            await self._safely.run(lambda: self._visit.services.sessions.end_others(self._visit.user, self._token))
            await self.refresh()
        self._visit.focus(self._others)
