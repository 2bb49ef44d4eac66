"""What is older than `CHAT_RETENTION__DAYS` is deleted, at start and once a day. Any number of processes may do it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.service import AuditService
from app.db import Database, now
from app.errors import Unavailable
from app.request_log import partitions
from app.request_log.service import RequestLogService
from app.retention import repository

log = structlog.get_logger(__name__)

Delete = Callable[[AsyncSession, datetime, int], Awaitable[int]]

EVERY_SECONDS = 86400.0
RETRY_SECONDS = 600.0
# A conversation takes its messages with it, the others are single rows.
CONVERSATIONS = 50
ROWS = 1000


class Retention:
    """`days` None: nothing is deleted; the request log still gets its partitions for the months to come."""

    def __init__(self, db: Database, days: int | None, audit: AuditService, requests: RequestLogService) -> None:
        self._db = db
        self._days = days
        self._audit = audit
        self._requests = requests

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            pause = EVERY_SECONDS
            try:
                await self._requests.make_room()
                await self.apply(now())
            except (Unavailable, DBAPIError) as error:
                log.warning("old data is deleted later", reason=type(error).__name__)
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)

    async def apply(self, at: datetime) -> None:
        """Delete once. Raises Unavailable, or DBAPIError when a lock is not to be had; what was deleted stays so."""
        if self._days is None:
            return
        cutoff = at - timedelta(days=self._days)
        async with self._db.transaction() as db:
            dropped = await partitions.drop_before(db, cutoff)
        counts: dict[str, Any] = {
            "conversations": await self._all(repository.delete_conversations, cutoff, CONVERSATIONS),
            "requests": await self._all(repository.delete_requests, cutoff, ROWS),
            "audit": await self._all(repository.delete_audit, cutoff, ROWS),
        }
        if dropped or any(counts.values()):
            self._audit.record("retention.applied", days=self._days, partitions=dropped, **counts)

    async def _all(self, delete: Delete, cutoff: datetime, batch: int) -> int:
        total = 0
        while True:
            async with self._db.transaction() as db:
                count = await delete(db, cutoff, batch)
            total += count
            if count < batch:
                return total
