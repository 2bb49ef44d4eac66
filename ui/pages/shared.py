"""`/share/{token}`: what somebody has shared, for whoever has the link. Plain HTML without a live connection."""

from typing import cast

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.auth.access import permissions
from app.auth.current import CurrentUser
from app.auth.dependencies import services_of
from app.errors import AppError, NotFound
from ui.deps import time_zone_of
from ui.i18n import translator_of
from ui.pages.account import go, not_too_fast
from ui.templating import not_found, unavailable
from ui.thread_page import renderings, thread_page

router = APIRouter(include_in_schema=False)


@router.get("/share/{token}")
async def shared_page(request: Request, token: str) -> Response:
    """The same page for links that are wrong, revoked or expired: there is nothing here."""
    t, user = translator_of(request), cast(CurrentUser | None, request.state.user)
    try:
        not_too_fast(request)
        shared = await services_of(request).sharing.read(token)
    except NotFound:
        return not_found(request)
    except AppError as error:
        return unavailable(request, error)
    return thread_page(
        request,
        "shared.html",
        title=shared.title,
        messages=await renderings(request).of(t, shared.messages, (token, shared.created_at)),
        date=shared.created_at.astimezone(time_zone_of(request)).strftime("%Y-%m-%d"),
        token=token,
        reader="anybody" if user is None else "member" if "chat" in permissions(user) else "viewer",
    )


@router.post("/share/{token}/continue")
async def continue_shared(request: Request, token: str) -> Response:
    """A copy for whoever is signed in; others sign in first and come back."""
    user = cast(CurrentUser | None, request.state.user)
    try:
        not_too_fast(request)
        if user is None:
            return RedirectResponse(f"/login?next=/share/{token}", 303, {"Cache-Control": "no-store"})
        conversation = await services_of(request).sharing.take(user, token)
    except NotFound:
        return not_found(request)
    except AppError as error:
        return unavailable(request, error)
    return go(f"/c/{conversation.id}")
