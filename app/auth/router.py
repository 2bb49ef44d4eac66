"""Routes of accounts: register, sign in for a token, sign out, the profile, and API keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from app.auth.dependencies import User, services_of
from app.auth.letters import visitor_of
from app.auth.peer import from_loopback, peer_of
from app.auth.schemas import KeyCreate, KeyCreated, KeyList, RegisterRequest, Token, UserDelete, UserUpdate, UserView

router = APIRouter(prefix="/api", tags=["accounts"])


@router.post("/auth/register", status_code=201)
async def register(request: Request, body: RegisterRequest) -> UserView:
    """Make an account. Where mail is configured, an address that has one gets the same answer, and its owner a mail."""
    services = services_of(request)
    visitor = visitor_of(request, services.settings)
    registered = await services.registration.register(
        body.email, body.password, visitor, loopback=from_loopback(request), invitation=body.invitation
    )
    return registered.view


@router.post("/auth/jwt/login")
async def jwt_login(
    request: Request,
    username: Annotated[str, Form(max_length=320)],
    password: Annotated[str, Form(max_length=256)],
    totp: Annotated[str, Form(max_length=40)] = "",
) -> Token:
    """A bearer token for the e-mail address (as `username`) and the password. An account with a second factor needs its
    code as `totp` (without it: 401 `totp_required`)."""
    return Token(access_token=await services_of(request).auth.jwt_sign_in(username, password, peer_of(request), totp))


@router.post("/auth/jwt/logout", status_code=204)
async def jwt_logout(request: Request, user: User) -> Response:
    """Revoke the token that this request carries."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        await services_of(request).auth.jwt_sign_out(value.strip())
    return Response(status_code=204)


@router.get("/users/me")
async def me(request: Request, user: User) -> UserView:
    """The signed-in account."""
    return await services_of(request).auth.profile(user)


@router.patch("/users/me")
async def update_me(request: Request, user: User, body: UserUpdate) -> UserView:
    """Change the password or the address. Signs out everywhere."""
    services = services_of(request)
    return await services.accounts.update(user, body, visitor_of(request, services.settings))


@router.delete("/users/me", status_code=204)
async def delete_me(request: Request, user: User, body: UserDelete) -> Response:
    """Delete the account with all conversations, for ever."""
    await services_of(request).accounts.delete(user, body.password)
    await services_of(request).generations.stop_all_of(user.id)
    return Response(status_code=204)


@router.post("/auth/logout-everywhere", status_code=204)
async def sign_out_everywhere(request: Request, user: User) -> Response:
    """End all sessions of this account, in every browser and program. API keys stay."""
    await services_of(request).accounts.sign_out_everywhere(user)
    return Response(status_code=204)


@router.get("/keys")
async def list_keys(request: Request, user: User) -> KeyList:
    """Newest first; the keys themselves are stored nowhere."""
    return KeyList(items=await services_of(request).keys.list(user))


@router.post("/keys", status_code=201)
async def create_key(request: Request, user: User, body: KeyCreate) -> KeyCreated:
    """Make an API key. `key` is told only this once."""
    return await services_of(request).keys.create(user, body)


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(request: Request, user: User, key_id: UUID) -> Response:
    """Revoke an API key at once."""
    await services_of(request).keys.revoke(user, key_id)
    return Response(status_code=204)
