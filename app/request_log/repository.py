"""All SQL about the request log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.db import insert_new
from app.request_log.models import RequestLog

MAX_GROUPS = 1000
MAX_ROWS = 50_000
# The route of titles, which wait until nobody else does.
TITLE = "title"
Group = Literal["user", "model", "day"]


@dataclass(frozen=True, slots=True)
class Filter:
    """What an administrator looks for; None is everything."""

    user: UUID | None = None
    status: str | None = None
    model: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """For a WHERE."""
        wanted: list[ColumnElement[bool] | None] = [
            RequestLog.user_id == self.user if self.user else None,
            RequestLog.status == self.status if self.status else None,
            RequestLog.model == self.model if self.model else None,
            RequestLog.at >= self.since if self.since else None,
            RequestLog.at < self.until if self.until else None,
        ]
        return [condition for condition in wanted if condition is not None]


async def add(db: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Rows that are there already stay as they are."""
    await insert_new(db, RequestLog, rows)


async def page(db: AsyncSession, wanted: Filter, after: tuple[datetime, UUID] | None, limit: int) -> list[RequestLog]:
    """Newest first, from behind the row `after`."""
    query = select(RequestLog).where(*wanted.conditions())
    if after is not None:
        query = query.where(tuple_(RequestLog.at, RequestLog.id) < after)
    return list(await db.scalars(query.order_by(RequestLog.at.desc(), RequestLog.id.desc()).limit(limit)))


async def times(db: AsyncSession, since: datetime) -> Sequence[Row[Any]]:
    """(at, status, ttft_ms, completion_tokens) since a moment, the newest MAX_ROWS of them."""
    query = select(RequestLog.at, RequestLog.status, RequestLog.ttft_ms, RequestLog.completion_tokens)
    query = query.where(RequestLog.at >= since).order_by(RequestLog.at.desc()).limit(MAX_ROWS)
    return (await db.execute(query)).all()


async def newest(db: AsyncSession, since: datetime, limit: int) -> list[RequestLog]:
    """What people have asked since a moment, newest first: without the titles."""
    query = select(RequestLog).where(RequestLog.at >= since, RequestLog.route != TITLE)
    return list(await db.scalars(query.order_by(RequestLog.at.desc()).limit(limit)))


async def slowest(db: AsyncSession, since: datetime, limit: int) -> list[RequestLog]:
    """Of each user the answer whose first token took longest, the slowest first: of the newest MAX_ROWS since a moment,
    without the titles."""
    rows = select(RequestLog).where(RequestLog.at >= since, RequestLog.route != TITLE, RequestLog.ttft_ms.is_not(None))
    latest = rows.order_by(RequestLog.at.desc()).limit(MAX_ROWS).subquery()
    place = func.row_number().over(partition_by=latest.c.user_id, order_by=(latest.c.ttft_ms.desc(), latest.c.id))
    placed = select(latest, place.label("place")).subquery()
    found = aliased(RequestLog, placed)
    query = select(found).where(placed.c.place == 1).order_by(found.ttft_ms.desc(), found.id).limit(limit)
    return list(await db.scalars(query))


async def of_user(db: AsyncSession, user_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> list[RequestLog]:
    """One user's rows, oldest first, from behind the row `after`."""
    query = select(RequestLog).where(RequestLog.user_id == user_id)
    if after is not None:
        query = query.where(tuple_(RequestLog.at, RequestLog.id) > after)
    return list(await db.scalars(query.order_by(RequestLog.at, RequestLog.id).limit(limit)))


async def sums(db: AsyncSession, group: Group, wanted: Filter) -> Sequence[Row[Any]]:
    """Requests and tokens by user, model or UTC day; the greatest users of tokens first, days in order."""
    key = _key(db, group)
    total = func.sum(RequestLog.prompt_tokens + RequestLog.completion_tokens)
    query = (
        select(
            key.label("key"),
            func.count().label("requests"),
            func.count().filter(RequestLog.status == "refused").label("refused"),
            func.count().filter(RequestLog.status.in_(("error", "interrupted"))).label("failed"),
            func.sum(RequestLog.prompt_tokens).label("prompt_tokens"),
            func.sum(RequestLog.completion_tokens).label("completion_tokens"),
            func.sum(RequestLog.cached_tokens).label("cached_tokens"),
        )
        .where(*wanted.conditions())
        .group_by(key)
        .order_by(key if group == "day" else total.desc(), key)
        .limit(MAX_GROUPS)
    )
    return (await db.execute(query)).all()


def _key(db: AsyncSession, group: Group) -> ColumnElement[Any]:
    if group == "user":
        return RequestLog.user_id.expression
    if group == "model":
        return RequestLog.model.expression
    if db.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", RequestLog.at), "YYYY-MM-DD")
    return func.date(RequestLog.at)
