"""What the service stands on, looked at every few seconds: GPUs, disk, database, Redis, certificate."""

import asyncio
import time

import structlog
from redis.exceptions import RedisError

from app.config import Settings
from app.db import Database
from app.errors import Unavailable
from app.observability import gauges
from app.observability.certificate import certificate_expiry
from app.redis_connection import check, connect
from engine import gpu

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
CERTIFICATE_SECONDS = 3600.0
ANSWER_SECONDS = 1.0


class Surroundings:
    """One look after the other; what fails is a figure, not an error.

    As seen last: whether `database` and `redis` answer, and the share of the `disk` that is free.
    """

    def __init__(self, settings: Settings, db: Database) -> None:
        self._settings, self._db = settings, db
        self._redis = connect(settings.redis_url, ANSWER_SECONDS, ANSWER_SECONDS) if settings.redis_url else None
        self._certificate_due = 0.0
        self.database = self.redis = True
        self.disk = 1.0

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def close(self) -> None:
        """No more looks."""
        if self._redis is not None:
            await self._redis.aclose()

    async def look(self) -> None:
        """Once."""
        # A driver in trouble blocks its caller.
        gauges.show_gpus(await asyncio.to_thread(gpu.readings))
        self.disk = await asyncio.to_thread(gauges.show_disk, self._settings.data_dir)
        await self._look_at_database()
        if self._redis is not None:
            await self._look_at_redis()
        if self._settings.public_url and time.monotonic() >= self._certificate_due:
            self._certificate_due = time.monotonic() + CERTIFICATE_SECONDS
            await self._look_at_certificate(self._settings.public_url)

    async def _look_at_database(self) -> None:
        begun = time.perf_counter()
        try:
            await self._db.ping()
        except Unavailable:
            self.database = False
        else:
            self.database = True
            gauges.database_seconds.set(time.perf_counter() - begun)
        gauges.database_up.set(self.database)
        for state, connections in self._db.connections().items():
            gauges.database_connections.labels(state).set(connections)

    async def _look_at_redis(self) -> None:
        assert self._redis is not None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await check(self._redis)
        except (RedisError, OSError, TimeoutError):
            self.redis = False
        else:
            self.redis = True
        gauges.redis_up.labels("redis").set(self.redis)

    async def _look_at_certificate(self, url: str) -> None:
        gauges.certificate_expiry.clear()
        try:
            found = await certificate_expiry(url)
        except (OSError, TimeoutError, ValueError) as error:
            log.warning("the certificate of the public URL could not be read", reason=str(error))
            return
        if found is not None:
            gauges.certificate_expiry.labels(found[0]).set(found[1])
