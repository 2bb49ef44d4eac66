"""`/` and `/c/{conversation_id}`: one page, which changes its address without loading anew."""

from uuid import UUID

from nicegui import ui
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.errors import NotFound
from ui.components.chat import Chat
from ui.deps import services, time_zone_of, user_of
from ui.i18n import Language, Translator, keep_language, language_of
from ui.templating import not_found


def register() -> None:
    """Add the routes."""
    ui.page("/")(chat_page)
    ui.page("/c/{conversation_id}")(chat_page)


async def chat_page(request: Request, conversation_id: str = "") -> Response:
    """Only the frame is in the HTML; what users have written comes over the socket."""
    user, language = user_of(request), language_of(request)
    conversation = None
    if conversation_id:
        try:
            conversation = await services().conversations.get(user, UUID(conversation_id))
        except (ValueError, NotFound):
            ui.context.client.delete()
            return not_found(request)
    Chat(Translator(language), user, services(), time_zone_of(request), conversation)
    return _response(request, language)


def _response(request: Request, language: Language) -> Response:
    built = ui.context.client.build_response(request)
    # NiceGUI can set the language per route, not per visitor.
    html = bytes(built.body).replace(b'<html dir="ltr">', f'<html lang="{language}" dir="ltr">'.encode(), 1)
    headers = {name: value for name, value in built.headers.items() if name != "content-length"}
    response = HTMLResponse(html, built.status_code, headers)
    keep_language(request, response)
    return response
