"""`/settings`: the account, its API keys, and what it uses."""

from nicegui import ui
from starlette.requests import Request
from starlette.responses import Response

from ui.components.settings import SettingsPage
from ui.deps import services, time_zone_of, user_of
from ui.i18n import Translator, language_of
from ui.pages.response import page_response


def register() -> None:
    """Add the route."""
    ui.page("/settings")(settings_page)


async def settings_page(request: Request) -> Response:
    """Only the frame is in the HTML; what belongs to the user comes over the socket."""
    language = language_of(request)
    t = Translator(language)
    SettingsPage(t, user_of(request), services(), time_zone_of(request))
    return page_response(request, language, title=f"{t('settings')} · {t('app_name')}")
