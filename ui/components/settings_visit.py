"""What every part of one open settings page works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import Client, ui

from app.auth.current import CurrentUser
from app.auth.letters import Visitor, visitor_of
from app.errors import AppError
from app.services import Services
from ui.components.safely import Safely
from ui.elements import text
from ui.i18n import Translator
from ui.moments import day_words, moment_words

SIGN_OUT_FORM = "sign-out"


@dataclass(frozen=True)
class Visit:
    """Who looks at the page, in which language and time zone, and through which connection."""

    t: Translator
    user: CurrentUser
    services: Services
    zone: ZoneInfo
    client: Client

    def safely(self, tell: Callable[[AppError], None]) -> Safely:
        """Actions that check the session first and whose errors go to `tell`."""
        return Safely(self.client.request, self.user, tell)

    @property
    def visitor(self) -> Visitor:
        """Their language and the address under which they reach us, for mails and examples."""
        return visitor_of(self.client.request, self.services.settings)

    def leave(self) -> None:
        """To the sign-in page, as the sign-out button does: cookie and drafts go, other tabs of the browser too."""
        # The other tabs are sent there over their sockets; this one goes by itself.
        self.client.run_javascript(f"socket.disconnect(); document.getElementById('{SIGN_OUT_FORM}').submit()")

    def focus(self, element: ui.element) -> None:
        """Put the keyboard there."""
        self.client.run_javascript(f"getHtmlElement({element.id})?.focus()")

    def day(self, at: datetime) -> str:
        """A day in the reader's time zone."""
        return day_words(self.t, at.astimezone(self.zone))

    def moment(self, at: datetime) -> str:
        """Day and minute in the reader's time zone."""
        return moment_words(self.t, at.astimezone(self.zone))

    def second(self, at: datetime) -> str:
        """Day and second in the reader's time zone."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")


def facts(rows: list[tuple[str, str]]) -> ui.element:
    """A description list."""
    with ui.element("dl").classes("facts") as element:
        for name, value in rows:
            with ui.element("div"):
                text(name, tag="dt")
                text(value, tag="dd")
    return element
