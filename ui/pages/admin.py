"""`/admin`: for administrators; everybody else is told that there is no such page."""

from nicegui import ui
from starlette.requests import Request
from starlette.responses import Response

from ui.components.admin import AdminPage
from ui.deps import services, time_zone_of, user_of
from ui.i18n import Translator, language_of
from ui.pages.response import page_response
from ui.templating import not_found


def register() -> None:
    """Add the route."""
    ui.page("/admin")(admin_page)


async def admin_page(request: Request) -> Response:
    """Only the frame is in the HTML; figures and addresses come over the socket."""
    user, language = user_of(request), language_of(request)
    if user.role != "admin":
        return not_found(request)
    t = Translator(language)
    AdminPage(t, user, services(), time_zone_of(request))
    return page_response(request, language, title=f"{t('admin')} · {t('app_name')}")
