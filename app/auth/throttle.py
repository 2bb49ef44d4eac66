"""Guessing passwords is slow: failed sign-ins are counted per account and per address, at every door.

Counted by the address that was typed, whether or not it is registered, so that the answer tells nothing about that;
while it is held back, the right password is refused in the same way.
"""

from math import ceil
from time import monotonic

from limits import RateLimitItem, parse

from app.errors import RateLimited
from app.limits.windows import Windows

PER_ACCOUNT = (parse("5/minute"), parse("50/hour"))
PER_PEER = (parse("20/minute"),)
FORGET_SECONDS = 60.0


class Throttle:
    """In memory: a restart forgets at most an hour of failures. A clock that is set back locks nobody out."""

    def __init__(self) -> None:
        self._windows = Windows()
        self._forget_at = monotonic() + FORGET_SECONDS

    def check(self, email: str, peer: str | None) -> None:
        """Raises RateLimited (`too_many_attempts`) with the time until the next try."""
        for item, key in _keys(email, peer):
            window = self._windows.look(key, item)
            if not window.remaining:
                raise RateLimited(
                    "Too many failed attempts. Try again later.",
                    code="too_many_attempts",
                    retry_after=max(1, ceil(window.wait)),
                )

    def failed(self, email: str, peer: str | None) -> None:
        """One more wrong password."""
        for item, key in _keys(email, peer):
            self._windows.add(key, item)
        if monotonic() > self._forget_at:
            self._windows.forget()
            self._forget_at = monotonic() + FORGET_SECONDS


def _keys(email: str, peer: str | None) -> list[tuple[RateLimitItem, str]]:
    keys = [(item, f"account:{email.strip().lower()}") for item in PER_ACCOUNT]
    return keys + [(item, f"peer:{peer}") for item in PER_PEER if peer]
