"""Route of the audit log."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from app.audit.actions import Action
from app.audit.schemas import AuditPage
from app.auth.dependencies import User
from app.services import Services

router = APIRouter(prefix="/api/admin", tags=["administration"])
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/audit")
async def audit(
    request: Request,
    user: User,
    cursor: str | None = None,
    limit: Limit = 50,
    action: Action | None = None,
    actor: UUID | None = None,
) -> AuditPage:
    """What was done to accounts and by administrators, newest first."""
    services: Services = request.app.state.services
    return await services.audit.page(user, cursor, limit, action, actor)
