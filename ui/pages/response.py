"""The HTML of a NiceGUI page, in the visitor's language."""

from nicegui import ui
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ui.i18n import Language, keep_language


def page_response(request: Request, language: Language, title: str | None = None) -> Response:
    """What has been built for the present client. Without a title it is the service's name."""
    if title is not None:
        ui.page_title(title)
    built = ui.context.client.build_response(request)
    # NiceGUI can set the language per route, not per visitor.
    html = bytes(built.body).replace(b'<html dir="ltr">', f'<html lang="{language}" dir="ltr">'.encode(), 1)
    headers = {name: value for name, value in built.headers.items() if name != "content-length"}
    response = HTMLResponse(html, built.status_code, headers)
    keep_language(request, response)
    return response
