"""Guessing passwords is slow: failed sign-ins are counted per account and per address, at every door.

Counted by the address that was typed, whether or not it is registered, so that the answer tells nothing about that;
while it is held back, the right password is refused in the same way.
"""

import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.errors import RateLimited

PER_ACCOUNT = (parse("5/minute"), parse("50/hour"))
PER_PEER = (parse("20/minute"),)


class Throttle:
    """In memory: a restart forgets at most an hour of failures."""

    def __init__(self) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def check(self, email: str, peer: str | None) -> None:
        """Raises RateLimited (`too_many_attempts`) with the time until the next try."""
        for item, key in _keys(email, peer):
            if not self._windows.test(item, key):
                reset = self._windows.get_window_stats(item, key).reset_time
                raise RateLimited(
                    "Too many failed attempts. Try again later.",
                    code="too_many_attempts",
                    retry_after=max(1, round(reset - time.time())),
                )

    def failed(self, email: str, peer: str | None) -> None:
        """One more wrong password."""
        for item, key in _keys(email, peer):
            self._windows.hit(item, key)


def _keys(email: str, peer: str | None) -> list[tuple[RateLimitItem, str]]:
    keys = [(item, f"account:{email.strip().lower()}") for item in PER_ACCOUNT]
    return keys + [(item, f"peer:{peer}") for item in PER_PEER if peer]
