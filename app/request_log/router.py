"""Routes of the request log."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import PlainTextResponse

from app.auth.dependencies import User, services_of
from app.conversations.schemas import Moment, Text
from app.db import now
from app.request_log.csv import as_csv
from app.request_log.history import History
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
    since: Moment | None = None,
) -> RequestPage:
    """Generations and refusals, newest first."""
    return await _service(request).page(admin, Filter(user, status, model, since), cursor, limit)


@router.get("/usage.csv", response_class=PlainTextResponse)
async def usage_as_csv(
    request: Request, admin: User, group: Group = "user", days: Annotated[int, Query(ge=1, le=3660)] = 30
) -> PlainTextResponse:
    """The same as a table for spreadsheets, with addresses where accounts are still there."""
    services = services_of(request)
    found = await services.request_log.usage(admin, group, Filter(since=now() - timedelta(days=days)))
    ids = [UUID(item.key) for item in found.items if item.key] if group == "user" else []
    addresses = await services.users.addresses(admin, ids)
    headers = {"Content-Disposition": f'attachment; filename="usage-{group}.csv"'}
    names = {str(id_): address for id_, address in addresses.items()}
    return PlainTextResponse(as_csv(found.items, names), media_type="text/csv", headers=headers)


@router.get("/history")
async def history(request: Request, admin: User, hours: Annotated[int, Query(ge=1, le=744)] = 1) -> History:
    """Requests, errors, tokens and TTFT of the last hours, in sixty steps."""
    return await _service(request).history(admin, timedelta(hours=hours))


@router.get("/usage")
async def usage(
    request: Request,
    admin: User,
    group: Group = "user",
    since: Moment | None = None,
    until: Moment | None = None,
) -> UsageList:
    """Sums of requests and tokens, of the last 30 days unless `since` says otherwise."""
    return await _service(request).usage(admin, group, Filter(since=since or now() - USAGE, until=until))
