"""A repeated POST attaches to the generation that the first one has started."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from uuid import UUID
from weakref import WeakValueDictionary

from sqlalchemy.exc import IntegrityError

from app.auth.current import CurrentUser
from app.db import Database
from app.errors import Conflict, Invalid
from app.generations import repository
from app.generations.generation import Followed, Generation
from app.generations.generations import Generations

MAX_KEY = 255

Start = Callable[[str | None], Awaitable[Generation]]


class Idempotency:
    """Keys belong to a user and are forgotten a day after the generation's end."""

    def __init__(self, db: Database, generations: Generations) -> None:
        self._db = db
        self._generations = generations
        self._locks: WeakValueDictionary[tuple[UUID, str], asyncio.Lock] = WeakValueDictionary()

    async def once(self, user: CurrentUser, key: str | None, body: bytes, start: Start) -> Followed:
        """Start, or find what the same key has started. `start` gets the hash of the body to store with the key.

        Raises Conflict (`idempotency_key_reused`) for the same key with another body, Invalid for an unusable key.
        """
        if key is None:
            return await start(None)
        if not 0 < len(key) <= MAX_KEY or not key.isprintable():
            raise Invalid(f"Idempotency-Key: 1 to {MAX_KEY} printable characters.", code="invalid_idempotency_key")
        digest = hashlib.sha256(body).hexdigest()
        # Equal requests at the same moment: the second waits for the first instead of taking a place in the queue.
        lock = self._locks.setdefault((user.id, key), asyncio.Lock())
        async with lock:
            if (known := await self._known(user, key, digest)) is not None:
                return known
            try:
                return await start(digest)
            except IntegrityError:
                # Another replica was faster.
                if (known := await self._known(user, key, digest)) is None:
                    raise
                return known

    async def _known(self, user: CurrentUser, key: str, digest: str) -> Followed | None:
        async with self._db.reading() as db:
            row = await repository.by_key(db, user.id, key)
        if row is None:
            return None
        if row.body_hash != digest:
            raise Conflict("Idempotency-Key: it was used with another body.", code="idempotency_key_reused")
        return await self._generations.find(user, row.id)
