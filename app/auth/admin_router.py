"""Routes for administrators: accounts, API keys and invitations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.auth.dependencies import User, services_of
from app.auth.letters import visitor_of
from app.auth.schemas import (
    InvitationCreate,
    InvitationCreated,
    InvitationList,
    ManagedKeyPage,
    ManagedUser,
    UserChange,
    UserPage,
)
from app.conversations.schemas import Text

router = APIRouter(prefix="/api/admin", tags=["administration"])
Limit = Annotated[int, Query(ge=1, le=200)]
Words = Annotated[Text, Query(max_length=320)]


@router.get("/users")
async def list_users(
    request: Request, user: User, q: Words = "", cursor: str | None = None, limit: Limit = 50
) -> UserPage:
    """Accounts whose address contains `q`, newest first."""
    return await services_of(request).users.page(user, q, cursor, limit)


@router.patch("/users/{user_id}")
async def change_user(request: Request, user: User, user_id: UUID, body: UserChange) -> ManagedUser:
    """Change the role, disable or enable, remove the second factor."""
    changed = await services_of(request).users.change(user, user_id, body)
    if not changed.is_active:
        await services_of(request).generations.stop_all_of(user_id)
    return changed


@router.delete("/users/{user_id}", status_code=204)
async def delete_user(request: Request, user: User, user_id: UUID) -> Response:
    """Delete an account with all its conversations, for ever."""
    await services_of(request).users.delete(user, user_id)
    await services_of(request).generations.stop_all_of(user_id)
    return Response(status_code=204)


@router.get("/keys")
async def list_all_keys(
    request: Request, user: User, q: Words = "", cursor: str | None = None, limit: Limit = 50
) -> ManagedKeyPage:
    """API keys of the accounts whose address contains `q`, newest first; the keys themselves are stored nowhere."""
    return await services_of(request).key_admin.page(user, q, cursor, limit)


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_any_key(request: Request, user: User, key_id: UUID) -> Response:
    """Revoke somebody's API key at once."""
    await services_of(request).key_admin.revoke(user, key_id)
    return Response(status_code=204)


@router.get("/invitations")
async def list_invitations(request: Request, user: User) -> InvitationList:
    """Newest first; used ones too."""
    return InvitationList(items=await services_of(request).invitations.list(user))


@router.post("/invitations", status_code=201)
async def create_invitation(request: Request, user: User, body: InvitationCreate) -> InvitationCreated:
    """Invite somebody. `token` and `url` are told only this once."""
    services = services_of(request)
    return await services.invitations.create(user, body, visitor_of(request, services.settings))


@router.delete("/invitations/{invitation_id}", status_code=204)
async def revoke_invitation(request: Request, user: User, invitation_id: UUID) -> Response:
    """Revoke an invitation at once."""
    await services_of(request).invitations.revoke(user, invitation_id)
    return Response(status_code=204)
