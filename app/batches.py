"""Rows that are written a little later and many at once, so that nobody waits for them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from prometheus_client import Counter

from app.errors import Unavailable

log = structlog.get_logger(__name__)

Row = dict[str, Any]
Write = Callable[[Sequence[Row]], Awaitable[None]]

MAX_WAITING = 10_000
BATCH = 500
# How long rows gather, and how long a database that is away is left alone, in seconds.
GATHER_SECONDS = 0.5
RETRY_SECONDS = 2.0
CLOSE_SECONDS = 3.0


class Batches:
    """A bounded queue with a writer. A database that is away delays the rows; when the queue is full the oldest go,
    and `dropped` counts them. `write` must bear being called twice with the same rows."""

    def __init__(self, name: str, write: Write, dropped: Counter, max_waiting: int = MAX_WAITING) -> None:
        self._name = name
        self._write = write
        self._dropped = dropped
        self._max_waiting = max_waiting
        self._rows: deque[Row] = deque()
        self._filled = asyncio.Event()
        self._writing = asyncio.Lock()

    def put(self, row: Row) -> None:
        """Never waits, never fails."""
        self._rows.append(row)
        while len(self._rows) > self._max_waiting:
            self._rows.popleft()
            self._dropped.inc()
        self._filled.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._filled.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._filled.clear()
            try:
                await self.flush()
            except Unavailable:
                log.warning("rows are written later, storage is unavailable", table=self._name, rows=len(self._rows))
                self._filled.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def flush(self) -> None:
        """Write what waits. Raises Unavailable; the rows then wait on."""
        async with self._writing:
            while self._rows:
                rows = [self._rows.popleft() for _ in range(min(BATCH, len(self._rows)))]
                try:
                    await self._write(rows)
                except (Unavailable, asyncio.CancelledError):
                    self._rows.extendleft(reversed(rows))
                    raise
                except Exception:
                    # Not a matter of waiting: these rows would stand in the way of all that follow.
                    self._dropped.inc(len(rows))
                    log.exception("rows could not be written", table=self._name, rows=len(rows))

    async def close(self) -> None:
        """The last ones, at shutdown."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.flush()
        except (Unavailable, TimeoutError):
            self._dropped.inc(len(self._rows))
            log.error("rows were lost, storage is unavailable", table=self._name, rows=len(self._rows))
