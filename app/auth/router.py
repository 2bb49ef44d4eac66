"""Routes of accounts: register, sign in for a token, sign out, the profile, and API keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from app.auth.dependencies import User
from app.auth.keys import KeyService
from app.auth.peer import from_loopback
from app.auth.schemas import KeyCreate, KeyCreated, KeyList, RegisterRequest, Token, UserView
from app.auth.service import AuthService

router = APIRouter(prefix="/api", tags=["accounts"])


def _auth(request: Request) -> AuthService:
    service: AuthService = request.app.state.services.auth
    return service


def _keys(request: Request) -> KeyService:
    service: KeyService = request.app.state.services.keys
    return service


@router.post("/auth/register", status_code=201)
async def register(request: Request, body: RegisterRequest) -> UserView:
    """Make an account."""
    user = await _auth(request).register(body.email, body.password, loopback=from_loopback(request))
    return await _auth(request).profile(user)


@router.post("/auth/jwt/login")
async def jwt_login(
    request: Request, username: Annotated[str, Form(max_length=320)], password: Annotated[str, Form(max_length=256)]
) -> Token:
    """A bearer token for the e-mail address (as `username`) and the password."""
    return Token(access_token=await _auth(request).jwt_sign_in(username, password))


@router.post("/auth/jwt/logout", status_code=204)
async def jwt_logout(request: Request, user: User) -> Response:
    """Revoke the token that this request carries."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        await _auth(request).jwt_sign_out(value.strip())
    return Response(status_code=204)


@router.get("/users/me")
async def me(request: Request, user: User) -> UserView:
    """The signed-in account."""
    return await _auth(request).profile(user)


@router.get("/keys")
async def list_keys(request: Request, user: User) -> KeyList:
    """Newest first; the keys themselves are stored nowhere."""
    return KeyList(items=await _keys(request).list(user))


@router.post("/keys", status_code=201)
async def create_key(request: Request, user: User, body: KeyCreate) -> KeyCreated:
    """Make an API key. `key` is told only this once."""
    return await _keys(request).create(user, body)


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(request: Request, user: User, key_id: UUID) -> Response:
    """Revoke an API key at once."""
    await _keys(request).revoke(user, key_id)
    return Response(status_code=204)
