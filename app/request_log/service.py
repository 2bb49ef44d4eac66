"""The request log: one row for each generation and each refusal, written off the hot path; never a text."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import metrics
from app.auth.access import require
from app.auth.current import CurrentUser
from app.batches import Batches
from app.conversations.cursor import read_cursor, write_cursor
from app.db import Database, new_id, now
from app.errors import AppError, RateLimited, TooLarge, Unavailable
from app.origin import Origin, origin
from app.request_log import partitions, repository
from app.request_log.history import History, history
from app.request_log.models import RequestLog
from app.request_log.repository import Filter, Group
from app.request_log.schemas import RequestPage, RequestView, UsageList, UsageView

Read = Callable[[AsyncSession, datetime, int], Awaitable[list[RequestLog]]]


class Logged(Protocol):
    """A generation, whichever API asked for it."""

    @property
    def id(self) -> UUID:
        """Its own."""

    @property
    def user_id(self) -> UUID:
        """Who asked."""

    @property
    def origin(self) -> Origin:
        """By which route and key."""


class RequestLogService:
    """Records, and shows to administrators."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.batches = Batches("request_logs", self._write, metrics.request_log_dropped)

    def ended(
        self, generation: Logged, model: str | None, status: str, error: AppError | None, receipt: dict[str, Any]
    ) -> None:
        """One generation has ended."""
        timing, where = receipt["timing"], generation.origin
        self._put(
            id=generation.id,
            at=now() - timedelta(milliseconds=timing["total_ms"]),
            user_id=generation.user_id,
            key_id=where.key_id,
            route=where.route,
            model=model or None,
            status=status,
            error_code=error.code if error else None,
            request_id=where.request_id,
            **receipt["usage"],
            **{name: timing[name] for name in ("queue_ms", "ttft_ms", "total_ms")},
        )

    @contextmanager
    def refusals(self, user: CurrentUser, model: str | None) -> Iterator[None]:
        """What is raised inside for a limit, a full queue or a long message is counted, and passes on."""
        try:
            yield
        except (RateLimited, TooLarge, Unavailable) as error:
            self.refused(user, model, error)
            raise

    def refused(self, user: CurrentUser, model: str | None, error: AppError) -> None:
        """A generation was refused before it began."""
        where = origin()
        metrics.requests.labels(model or "none", "refused").inc()
        self._put(
            id=new_id(),
            at=now(),
            user_id=user.id,
            key_id=user.key_id,
            route=where.route,
            model=model or None,
            status="refused",
            error_code=error.code,
            request_id=where.request_id,
        )

    def _put(self, **row: Any) -> None:
        defaults = {"prompt_tokens": 0, "completion_tokens": 0, "cached_tokens": 0}
        self.batches.put({**defaults, "queue_ms": None, "ttft_ms": None, "total_ms": None, **row})

    async def page(self, user: CurrentUser, wanted: Filter, cursor: str | None = None, limit: int = 50) -> RequestPage:
        """Newest first, for administrators. Raises Forbidden, and Invalid for a foreign cursor."""
        require(user, "admin")
        after = read_cursor(cursor)
        await self.batches.flush()
        async with self._db.reading() as db:
            rows = await repository.page(db, wanted, after, limit + 1)
        more = write_cursor(rows[limit - 1].at, rows[limit - 1].id) if len(rows) > limit else None
        return RequestPage(items=[RequestView.model_validate(row) for row in rows[:limit]], next=more)

    async def usage(self, user: CurrentUser, group: Group, wanted: Filter) -> UsageList:
        """Sums for administrators. Raises Forbidden."""
        require(user, "admin")
        await self.batches.flush()
        async with self._db.reading() as db:
            rows = await repository.sums(db, group, wanted)
        return UsageList(items=[UsageView.model_validate(row) for row in rows])

    async def history(self, user: CurrentUser, span: timedelta) -> History:
        """The last `span`, for administrators. Raises Forbidden."""
        require(user, "admin")
        await self.batches.flush()
        until = now()
        async with self._db.reading() as db:
            rows = await repository.times(db, until - span)
        return await asyncio.to_thread(history, rows, until - span, until)

    async def newest(self, user: CurrentUser, since: datetime, limit: int) -> list[RequestLog]:
        """What people have asked since a moment, for administrators. Raises Forbidden."""
        return await self._some(user, repository.newest, since, limit)

    async def slowest(self, user: CurrentUser, since: datetime, limit: int) -> list[RequestLog]:
        """Of each user the answer whose first token took longest, for administrators. Raises Forbidden."""
        return await self._some(user, repository.slowest, since, limit)

    async def _some(self, user: CurrentUser, read: Read, since: datetime, limit: int) -> list[RequestLog]:
        require(user, "admin")
        await self.batches.flush()
        async with self._db.reading() as db:
            return await read(db, since, limit)

    async def make_room(self) -> None:
        """Partitions for the months to come."""
        async with self._db.transaction() as db:
            await partitions.create_ahead(db, now())

    async def _write(self, rows: Sequence[dict[str, Any]]) -> None:
        async with self._db.transaction() as db:
            await repository.add(db, rows)
