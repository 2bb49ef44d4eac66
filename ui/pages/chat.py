"""`/` and `/c/{conversation_id}`: one page, which changes its address without loading anew."""

from uuid import UUID

from nicegui import ui
from starlette.requests import Request
from starlette.responses import Response

from app.errors import NotFound, Unavailable
from ui.components.chat import Chat
from ui.deps import services, user_of
from ui.i18n import Translator, language_of
from ui.pages.response import page_response
from ui.templating import not_found, unavailable


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
        except Unavailable as error:
            ui.context.client.delete()
            return unavailable(request, error)
    Chat(Translator(language), user, services(), conversation)
    return page_response(request, language)
