"""Who showed a token or a key a moment ago: a burst of requests asks the database once.

Whatever ends a session or a key in this process clears it at once. What another process ends counts after
KEEP_SECONDS.
"""

import time
from dataclasses import dataclass

from app.auth.current import CurrentUser

KEEP_SECONDS = 1.0
MAX_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """`until` in seconds of the monotonic clock."""

    user: CurrentUser
    until: float


class Recent:
    """By kind and hash of the token."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Known] = {}
        self.epoch = 0

    def get(self, kind: str, token_hash: str) -> CurrentUser | None:
        """None: ask the database, and `put` what it says with the `epoch` of now."""
        known = self._known.get((kind, token_hash))
        return known.user if known is not None and known.until > time.monotonic() else None

    def put(self, kind: str, token_hash: str, user: CurrentUser, epoch: int) -> None:
        """Unless something has ended since the question."""
        if epoch != self.epoch:
            return
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[kind, token_hash] = Known(user, time.monotonic() + KEEP_SECONDS)

    def clear(self) -> None:
        """Something has ended. To be called after the commit."""
        self.epoch += 1
        self._known.clear()
