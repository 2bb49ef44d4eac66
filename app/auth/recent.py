"""Who showed a token or a key lately, so that a burst of requests does not ask the database for each of them.

What is known was true KEEP_SECONDS ago at the most: all that was used lately is read again each RECHECK_SECONDS, in one
query a kind. Whatever ends a session or a key in this process clears it at once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from app.auth.current import CurrentUser
from app.errors import Unavailable

KEEP_SECONDS = 1.0
RECHECK_SECONDS = 0.5
# What was not used for so long is forgotten.
USED_SECONDS = 60.0
MAX_KNOWN = 10_000

# Of these tokens those that still open something, and for whom.
Recheck = Callable[[Mapping[str, CurrentUser]], Awaitable[Mapping[str, CurrentUser]]]


@dataclass(slots=True)
class Known:
    """Moments of the monotonic clock, in seconds."""

    user: CurrentUser
    until: float
    used: float


class Recent:
    """By the hash of the token. One for each kind of token."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._asking: dict[str, asyncio.Task[CurrentUser | None]] = {}

    async def user(self, token_hash: str, ask: Callable[[], Awaitable[CurrentUser | None]]) -> CurrentUser | None:
        """What is known, else what `ask` says: once for all who want to know at the same time.

        Raises what `ask` raises.
        """
        known, moment = self._known.get(token_hash), time.monotonic()
        if known is not None and known.until > moment:
            known.used = moment
            return known.user
        task = self._asking.get(token_hash)
        if task is None:
            task = self._asking[token_hash] = asyncio.ensure_future(self._ask(token_hash, ask))
        # One who hangs up does not take the answer from the others.
        return await asyncio.shield(task)

    def clear(self) -> None:
        """Something has ended. To be called after the commit."""
        self._known.clear()
        self._asking.clear()

    async def keep_fresh(self, recheck: Recheck) -> None:
        """For ever. While the database is away nothing is known for longer than KEEP_SECONDS."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            before = time.monotonic()
            self._known = {key: known for key, known in self._known.items() if known.used > before - USED_SECONDS}
            asked = self._known
            if not asked:
                continue
            try:
                living = await recheck({token_hash: known.user for token_hash, known in asked.items()})
            except Unavailable:
                continue
            for token_hash, known in list(asked.items()):
                if (user := living.get(token_hash)) is None:
                    asked.pop(token_hash, None)
                else:
                    known.user, known.until = user, before + KEEP_SECONDS

    async def _ask(self, token_hash: str, ask: Callable[[], Awaitable[CurrentUser | None]]) -> CurrentUser | None:
        task, moment = asyncio.current_task(), time.monotonic()
        try:
            user = await ask()
        finally:
            current = self._asking.get(token_hash) is task
            if current:
                del self._asking[token_hash]
        # Unless something has ended since the question.
        if user is not None and current:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[token_hash] = Known(user, moment + KEEP_SECONDS, moment)
        return user
