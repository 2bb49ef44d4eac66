"""`/c/{conversation_id}/print`: the whole conversation for paper or PDF, not only what the chat page has drawn."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.auth.dependencies import User, services_of
from app.errors import NotFound, Unavailable
from ui.deps import time_zone_of
from ui.i18n import translator_of
from ui.moments import day_words
from ui.templating import not_found, unavailable
from ui.thread_page import renderings, thread_page

router = APIRouter(include_in_schema=False)


@router.get("/c/{conversation_id}/print")
async def print_page(request: Request, user: User, conversation_id: str, leaf: str = "") -> Response:
    """The path to `leaf`, by default to the newest message."""
    try:
        exporting = services_of(request).exporting
        conversation, path = await exporting.path(user, UUID(conversation_id), UUID(leaf) if leaf else None)
    except (ValueError, NotFound):
        return not_found(request)
    except Unavailable as error:
        return unavailable(request, error)
    t = translator_of(request)
    date = day_words(t, conversation.updated_at.astimezone(time_zone_of(request)))
    messages = await renderings(request).of(t, path)
    return thread_page(request, "print.html", title=conversation.title, messages=messages, date=date, print_now=True)
