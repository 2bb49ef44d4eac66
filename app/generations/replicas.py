"""Several server processes on one Redis: each can show and stop what another one generates.

The journal of the owner stays the truth. A Redis Stream per generation carries the same events, with the seq as its
id, so writing one twice is refused by Redis and a gap cannot arise: when Redis was away, the owner goes on writing
where it stopped. Whoever runs and follows locally never waits for Redis.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from app.errors import Unavailable
from app.generations.events import Event, EventLog
from app.generations.generation import Followed, Generation
from app.redis_connection import connect

log = structlog.get_logger(__name__)

RUNNING_SECONDS = 6 * 3600
ENDED_SECONDS = 600
# Events of so many seconds go to Redis in one write; nobody here waits for it.
COALESCE_SECONDS = 0.05
BLOCK_MS = 2000
CONNECT_SECONDS = 0.5
RETRY_SECONDS = 1.0
ASK_SECONDS = 2.0
STOP_SECONDS = 10.0
CANCEL_SECONDS = 0.5
# A follower's task ends when nobody has read from it for so long.
UNWATCHED_SECONDS = 30.0
STOP_CHANNEL = "chat:stop"
TOO_SMALL = "equal or smaller"

Ended = Callable[[], Awaitable[EventLog | None]]


def stream_key(generation_id: UUID) -> str:
    """The Redis Stream of a generation."""
    return f"chat:{{generation:{generation_id}}}:events"


class Replicas:
    """`opened` gives one; its tasks end with it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._tasks: set[asyncio.Task[None]] = set()
        self._followed: dict[UUID, Followed] = {}
        self._away = False

    def mirror(self, generation: Generation) -> None:
        """Let other replicas see what happens."""
        self._start(self._mirror(generation))

    async def follow(self, found: Followed, ended: Ended) -> Followed:
        """The same with a log that is filled with what another replica writes, one for all who follow it here.
        `ended` tells its whole log once it has ended; an empty one when that is not known.

        Raises Unavailable when Redis cannot be asked.
        """
        if (known := self._followed.get(found.id)) is not None:
            return known
        try:
            async with asyncio.timeout(ASK_SECONDS):
                entries: Any = await self._redis.xrange(stream_key(found.id))
        except (RedisError, TimeoutError) as error:
            raise Unavailable(
                "The answer is written on another server. Try again in a moment.", retry_after=2
            ) from error
        known = self._followed.setdefault(found.id, found)
        if known is found:
            _publish(found.log, entries)
            self._start(self._fill(found, ended))
        return known

    async def stop(self, found: Followed) -> None:
        """Ask the replica that runs it, and wait for the end. Raises Unavailable when none answers."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._redis.publish(STOP_CHANNEL, str(found.id))
                async for _ in found.log.follow(len(found.log.events)):
                    continue
        except (RedisError, TimeoutError) as error:
            raise Unavailable("The server that writes this answer does not react.", retry_after=2) from error

    def listen(self, stop_here: Callable[[UUID], None]) -> None:
        """Stop what other replicas ask to stop."""
        self._start(self._listen(stop_here))

    def leave(self) -> None:
        """Close the logs of other replicas' generations: whoever follows them here asks another server."""
        for found in self._followed.values():
            found.log.close()

    async def close(self) -> None:
        """End all tasks."""
        tasks = pending = set(self._tasks)
        while pending:
            for task in pending:
                # A cluster's client may swallow it, in the middle of asking for the nodes.
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _reached(self, error: RedisError | None = None) -> None:
        """Say once that Redis is away, and once that it is back."""
        if error is not None and not self._away:
            log.warning("Redis is away, other servers cannot follow or stop answers", reason=str(error))
        elif error is None and self._away:
            log.info("Redis is back")
        self._away = error is not None

    async def _mirror(self, generation: Generation) -> None:
        position = 0
        while not (generation.log.closed and position >= len(generation.log.events)):
            try:
                async for batch in generation.log.follow(position, watching=False):
                    length = await self._write(generation.id, batch, generation.log.ended)
                    if length != batch[-1].seq:  # Redis has lost events: it was started again, or it was full
                        await self._write(generation.id, generation.log.events[: batch[-1].seq], afresh=True)
                    position = batch[-1].seq
                    self._reached()
                    await asyncio.sleep(COALESCE_SECONDS)
            except RedisError as error:
                self._reached(error)
                if generation.log.ended:
                    return  # the others find it in the database
                await asyncio.sleep(RETRY_SECONDS)

    async def _write(self, generation_id: UUID, batch: list[Event], ended: bool = False, afresh: bool = False) -> int:
        """Tells how many events Redis holds then."""
        key = stream_key(generation_id)
        # No transaction: a cluster's client would block the loop for one. Who reads the beginning waits for the rest.
        async with self._redis.pipeline(transaction=False) as pipe:
            if afresh:
                pipe.delete(key)
            for event in batch:
                pipe.xadd(key, {"type": event.type, "data": orjson.dumps(event.data)}, id=f"{event.seq}-0")
            pipe.expire(key, ENDED_SECONDS if ended else RUNNING_SECONDS)
            pipe.xlen(key)
            answers = await pipe.execute(raise_on_error=False)
        for answer in answers:
            # Written before, by this process or by the one before a restart: no error.
            if isinstance(answer, Exception) and not (isinstance(answer, ResponseError) and TOO_SMALL in str(answer)):
                raise answer
        return int(answers[-1])

    async def _fill(self, found: Followed, ended: Ended) -> None:
        try:
            while not found.log.closed and found.log.unwatched_seconds < UNWATCHED_SECONDS:
                if await self._read(found):
                    continue
                with contextlib.suppress(Unavailable):
                    if (stored := await ended()) is not None:
                        found.log.publish(*stored.events[len(found.log.events) :])
                        return
        finally:
            del self._followed[found.id]
            found.log.close()

    async def _read(self, found: Followed) -> bool:
        """Wait for the next events, for a while. True when some came."""
        try:
            last = f"{len(found.log.events)}-0"
            answer: Any = await self._redis.xread({stream_key(found.id): last}, block=BLOCK_MS)
            self._reached()
        except RedisError as error:
            self._reached(error)
            await asyncio.sleep(RETRY_SECONDS)
            return False
        if not answer:
            return False
        if not _publish(found.log, answer[0][1]):
            # Redis has lost what is between; the owner is about to write it again.
            await asyncio.sleep(RETRY_SECONDS)
            return False
        return True

    async def _listen(self, stop_here: Callable[[UUID], None]) -> None:
        while True:
            try:
                await self._redis.initialize()  # in a cluster, a channel asks at once where its node is
                async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(STOP_CHANNEL)
                    async for message in channel.listen():
                        with contextlib.suppress(ValueError):
                            stop_here(UUID(message["data"].decode()))
            except RedisError as error:
                self._reached(error)
                await asyncio.sleep(RETRY_SECONDS)


def _publish(events: EventLog, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> bool:
    """What comes next in the log. False when nothing of it does."""
    before = len(events.events)
    for number, fields in entries:
        seq = int(number.split(b"-")[0])
        if seq == len(events.events) + 1:
            events.publish(Event(seq, fields[b"type"].decode(), orjson.loads(fields[b"data"])))  # type: ignore[arg-type]
    return len(events.events) > before


@asynccontextmanager
async def opened(url: str | None) -> AsyncIterator[Replicas | None]:
    """None without Redis: a single server needs nobody to show its answers."""
    if url is None:
        yield None
        return
    redis = connect(url, CONNECT_SECONDS, BLOCK_MS / 1000 + 1)
    replicas = Replicas(redis)
    try:
        yield replicas
    finally:
        await replicas.close()
        await redis.aclose()
