"""What a user has used, and what an administrator sets."""

from fastapi import APIRouter, Request, Response

from app.auth.dependencies import User
from app.limits.schemas import LimitsList, LimitsUpdate, LimitsView, UsageView
from app.limits.service import LimitService

router = APIRouter(prefix="/api", tags=["limits"])


def _service(request: Request) -> LimitService:
    service: LimitService = request.app.state.services.limits
    return service


@router.get("/users/me/usage")
async def usage(request: Request, user: User) -> UsageView:
    """What is used and left of every limit, and when it is free again."""
    return await _service(request).usage(user)


@router.get("/admin/limits")
async def list_limits(request: Request, user: User) -> LimitsList:
    """The limits of roles, users and API keys that differ from the settings."""
    return await _service(request).administration.list()


@router.put("/admin/limits/{subject}")
async def set_limits(request: Request, user: User, subject: str, body: LimitsUpdate) -> LimitsView:
    """Replace the limits of `role:<role>`, `user:<id>` or `key:<id>`. The most specific one counts, field by field;
    those of a key count in addition to its owner's."""
    return await _service(request).administration.set(user, subject, body)


@router.delete("/admin/limits/{subject}", status_code=204)
async def remove_limits(request: Request, user: User, subject: str) -> Response:
    """What is more general counts again."""
    await _service(request).administration.remove(user, subject)
    return Response(status_code=204)
