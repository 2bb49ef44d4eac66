"""Redis while it answers. Limits need it for being shared, never for being served."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app import metrics
from app.redis_connection import check, connect

log = structlog.get_logger(__name__)

T = TypeVar("T")
# Whoever asks waits at most so long, and only the first who finds Redis away.
ANSWER_SECONDS = 0.2
RETRY_SECONDS = 1.0
# Nobody waits for the task that looks for Redis: it may ask Sentinels, or several nodes, which of them is there.
PROBE_SECONDS = 2.0


class RedisAway(Exception):
    """Redis did not answer in time, or is known to be away."""


class RedisGuard:
    """A circuit breaker: after a failure nobody asks Redis any more until a task in the background has seen it answer.

    `on_return` is called then.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.on_return: Callable[[], Awaitable[None]] | None = None
        self._probing: asyncio.Task[None] | None = None

    @property
    def away(self) -> bool:
        """Whether Redis is not asked at present."""
        return self._probing is not None

    async def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`. Raises RedisAway; the work may then have been done or not."""
        if self.away:
            raise RedisAway
        try:
            return await self._in_time(work, ANSWER_SECONDS)
        except RedisAway:
            if not self.away:
                self._probing = asyncio.create_task(self._probe())
            raise

    async def _in_time(self, work: Callable[[], Awaitable[T]], seconds: float) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await work()
        except (RedisError, OSError, TimeoutError) as error:
            metrics.redis_failures.inc()
            if not self.away:
                log.warning("Redis is away, limits are kept in memory", reason=str(error) or "no answer in time")
            raise RedisAway from error

    async def _probe(self) -> None:
        while True:
            try:
                await self._in_time(lambda: check(self.redis), PROBE_SECONDS)
                break
            except RedisAway:
                await asyncio.sleep(RETRY_SECONDS)
        self._probing = None
        log.info("Redis is back, limits are shared again")
        if self.on_return is not None:
            await self.on_return()

    async def close(self) -> None:
        """End the background task and the connections."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)
        await self.redis.aclose()


@asynccontextmanager
async def guarded(url: str | None) -> AsyncIterator[RedisGuard | None]:
    """None without Redis."""
    if url is None:
        yield None
        return
    redis = connect(url, ANSWER_SECONDS, ANSWER_SECONDS)
    guard = RedisGuard(redis)
    try:
        yield guard
    finally:
        await guard.close()
