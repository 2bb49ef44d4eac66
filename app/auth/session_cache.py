"""Who a session belongs to, in Redis for a moment. The database is the truth; without Redis it is asked each time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.auth.recent import Recent
from app.redis_connection import connect

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 0.2
# The longest that a revoked session can live when Redis could not be told that it was revoked.
KEEP_SECONDS = 10
# A server may be about to write what it read before the revocation; no read takes so long.
REVOKED_SECONDS = 30
AWAY_SECONDS = 5.0
REVOKED = b"-"


@dataclass(frozen=True, slots=True)
class CachedUser:
    """What a request needs to know of the owner of its session."""

    id: UUID
    email: str
    role: str


class SessionCache:
    """All methods are quiet when Redis is away or slow: after a failure it is left alone for `AWAY_SECONDS`.

    `recent` stands before it in each process, `recent_keys` before the API keys, which are in no other cache.
    """

    def __init__(self, url: str | None) -> None:
        self.recent, self.recent_keys = Recent(), Recent()
        self._redis: Redis | None = None
        if url:
            self._redis = connect(url, TIMEOUT_SECONDS, TIMEOUT_SECONDS, retries=0)
        self._away_until = 0.0

    async def get(self, kind: str, token_hash: str) -> CachedUser | None:
        """None: ask the database."""
        if self._redis is None or time.monotonic() < self._away_until:
            return None
        try:
            value = await self._redis.get(_key(token_hash))
        except (RedisError, OSError, TimeoutError) as error:
            self._lost(error)
            return None
        if value is None or value == REVOKED:
            return None
        found = orjson.loads(value)
        if found["kind"] != kind:
            return None
        return CachedUser(UUID(found["id"]), found["email"], found["role"])

    async def put(self, kind: str, token_hash: str, user: CachedUser) -> None:
        """Remember what the database said, unless the session was revoked meanwhile."""
        if self._redis is None or time.monotonic() < self._away_until:
            return
        value = orjson.dumps({"kind": kind, "id": str(user.id), "email": user.email, "role": user.role})
        try:
            await self._redis.set(_key(token_hash), value, ex=KEEP_SECONDS, nx=True)
        except (RedisError, OSError, TimeoutError) as error:
            self._lost(error)

    async def forget(self, token_hashes: Sequence[str]) -> None:
        """These sessions have ended, for every server. To be called after the commit."""
        self.recent.clear()
        self.recent_keys.clear()
        if self._redis is None or not token_hashes:
            return
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for token_hash in token_hashes:
                    pipe.set(_key(token_hash), REVOKED, ex=REVOKED_SECONDS)
                await pipe.execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._lost(error)

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()

    def _lost(self, error: Exception) -> None:
        self._away_until = time.monotonic() + AWAY_SECONDS
        log.warning("session cache is away, the database answers", error=type(error).__name__)


def _key(token_hash: str) -> str:
    return f"chat:session:{token_hash}"
