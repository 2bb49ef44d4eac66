"""Routes of the request log."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime

from app.auth.dependencies import User
from app.conversations.schemas import Text
from app.db import now
from app.request_log.repository import Filter, Group
from app.request_log.schemas import RequestPage, Status, UsageList
from app.request_log.service import RequestLogService

router = APIRouter(prefix="/api/admin", tags=["administration"])
Limit = Annotated[int, Query(ge=1, le=200)]
Model = Annotated[Text | None, Query(max_length=200)]
# Without `since`, usage is told of this long.
USAGE = timedelta(days=30)


def _service(request: Request) -> RequestLogService:
    service: RequestLogService = request.app.state.services.request_log
    return service


@router.get("/requests")
async def requests(
    request: Request,
    admin: User,
    cursor: str | None = None,
    limit: Limit = 50,
    user: UUID | None = None,
    status: Status | None = None,
    model: Model = None,
    since: AwareDatetime | None = None,
) -> RequestPage:
    """Generations and refusals, newest first."""
    return await _service(request).page(admin, Filter(user, status, model, since), cursor, limit)


@router.get("/usage")
async def usage(
    request: Request,
    admin: User,
    group: Group = "user",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> UsageList:
    """Sums of requests and tokens, of the last 30 days unless `since` says otherwise."""
    return await _service(request).usage(admin, group, Filter(since=since or now() - USAGE, until=until))
