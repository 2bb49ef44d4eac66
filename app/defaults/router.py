"""Routes of the defaults of new conversations."""

from fastapi import APIRouter, Request

from app.auth.dependencies import User, services_of
from app.defaults.schemas import DefaultsUpdate, DefaultsView

router = APIRouter(prefix="/api/admin", tags=["administration"])


@router.get("/defaults")
async def get_defaults(request: Request, admin: User) -> DefaultsView:
    """The system prompt and the model of new conversations which choose none."""
    return await services_of(request).defaults.get(admin)


@router.put("/defaults")
async def set_defaults(request: Request, admin: User, body: DefaultsUpdate) -> DefaultsView:
    """Replace both. Conversations that have begun keep theirs."""
    return await services_of(request).defaults.set(admin, body)
