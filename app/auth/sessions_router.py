"""Routes of the signed-in browsers and programs of the account."""

from fastapi import APIRouter, Request, Response

from app.auth.cookie import session_cookie_name
from app.auth.dependencies import User, services_of
from app.auth.schemas import SessionList

router = APIRouter(prefix="/api/users/me/sessions", tags=["accounts"])


def _token(request: Request) -> str | None:
    """Of the session by which this request comes."""
    services = services_of(request)
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return services.auth.token_of(value.strip())
    return request.cookies.get(session_cookie_name(services.settings))


@router.get("")
async def list_sessions(request: Request, user: User) -> SessionList:
    """Where this account is signed in, newest use first; `current` is the session of this request."""
    return SessionList(items=await services_of(request).sessions.list(user, _token(request)))


@router.delete("", status_code=204)
async def end_other_sessions(request: Request, user: User) -> Response:
    """Sign out everywhere but here."""
    await services_of(request).sessions.end_others(user, _token(request))
    return Response(status_code=204)


@router.delete("/{session_id}", status_code=204)
async def end_session(request: Request, user: User, session_id: str) -> Response:
    """Sign one of them out."""
    await services_of(request).sessions.end(user, session_id)
    return Response(status_code=204)
