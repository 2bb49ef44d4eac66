"""Moving windows in memory: when the requests of the last minute came, for each user or address.

The storage that `limits` has for this starts a task with a thread hop per known key at each request (measured: 1-2 ms
of processor time); this one takes microseconds, and its clock cannot be set back.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem


@dataclass(frozen=True, slots=True)
class Window:
    """`limit` requests, of which so many `remain`; in `wait` seconds the oldest one is forgotten."""

    limit: int
    remaining: int
    wait: float
    allowed: bool = True


class Windows:
    """Nothing here waits. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._hits: dict[tuple[str, RateLimitItem], deque[float]] = {}

    def add(self, key: str, rate: RateLimitItem) -> float | None:
        """Count a request, and tell its time; None when there is no room."""
        hits = self._current(key, rate)
        if len(hits) >= rate.amount:
            return None
        hits.append(self._clock())
        return hits[-1]

    def take_back(self, key: str, rate: RateLimitItem, moment: float) -> None:
        """It was refused elsewhere."""
        hits = self._current(key, rate)
        if moment in hits:
            hits.remove(moment)

    def look(self, key: str, rate: RateLimitItem) -> Window:
        """The window now."""
        hits = self._current(key, rate)
        wait = hits[0] + rate.get_expiry() - self._clock() if hits else 0.0
        return Window(rate.amount, rate.amount - len(hits), wait)

    def forget(self) -> None:
        """Free the memory of empty windows. Call it now and then."""
        for key, rate in list(self._hits):
            if not self._current(key, rate):
                del self._hits[key, rate]

    def _current(self, key: str, rate: RateLimitItem) -> deque[float]:
        hits = self._hits.setdefault((key, rate), deque())
        begin = self._clock() - rate.get_expiry()
        while hits and hits[0] <= begin:
            hits.popleft()
        return hits
