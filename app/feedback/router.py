"""Routes for administrators about what users think of answers."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import PlainTextResponse

from app.auth.dependencies import User, services_of
from app.conversations.schemas import Text
from app.feedback.repository import Filter
from app.feedback.schemas import FeedbackItem, FeedbackPage, Value
from app.spreadsheet import as_csv

router = APIRouter(prefix="/api/admin", tags=["administration"])
Limit = Annotated[int, Query(ge=1, le=200)]
Model = Annotated[Text | None, Query(max_length=200)]
MAX_CSV_ROWS = 10_000


@router.get("/feedback")
async def feedback(
    request: Request,
    admin: User,
    cursor: str | None = None,
    limit: Limit = 50,
    value: Value | None = None,
    model: Model = None,
) -> FeedbackPage:
    """Ratings with their comments, newest first; with figures of the answers, without their texts."""
    return await services_of(request).feedback.page(admin, Filter(value, model), cursor, limit)


@router.get("/feedback.csv", response_class=PlainTextResponse)
async def feedback_as_csv(
    request: Request, admin: User, value: Value | None = None, model: Model = None
) -> PlainTextResponse:
    """The same as a table for spreadsheets, with addresses; the newest 10 000."""
    services = services_of(request)
    found = await services.feedback.page(admin, Filter(value, model), limit=MAX_CSV_ROWS)
    names = await services.users.addresses(admin, {item.user_id for item in found.items})
    columns = ["user", *FeedbackItem.model_fields]
    rows = [[names.get(item.user_id, ""), *item.model_dump(mode="json").values()] for item in found.items]
    headers = {"Content-Disposition": 'attachment; filename="feedback.csv"'}
    text = await asyncio.to_thread(as_csv, columns, rows)
    return PlainTextResponse(text, media_type="text/csv", headers=headers)
