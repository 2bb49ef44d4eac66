"""The queue in front of the engine: at most `slots` requests inside, the rest waits here, in order.

Only so is the place that people see a fact: vLLM's own queue cannot be looked into.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from uuid import UUID

from app.errors import RateLimited, Unavailable

# Weight of the newest duration in the moving average.
SMOOTHING = 0.2


class Ticket:
    """One admitted request: first waiting, then inside, then gone."""

    def __init__(self, user_id: UUID) -> None:
        self.user_id = user_id
        self.place = 0
        self.granted = asyncio.Event()
        self.moved: Callable[[], None] = lambda: None


class Admission:
    """First come, first served. `concurrent` bounds one user's running and waiting generations."""

    def __init__(self, slots: int, max_waiting: int, concurrent: int) -> None:
        self._slots = slots
        self._max_waiting = max_waiting
        self._concurrent = concurrent
        self._waiting: deque[Ticket] = deque()
        self._inside: set[Ticket] = set()
        self._per_user: Counter[UUID] = Counter()
        self._seconds = 0.0

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many are inside."""
        return len(self._inside)

    def enter(self, user_id: UUID) -> Ticket:
        """Take a place. Raises RateLimited (`too_many_generations`) or Unavailable (`queue_full`)."""
        if self._per_user[user_id] >= self._concurrent:
            raise RateLimited(
                f"You already have {self._concurrent} answers running. Wait for one to finish or stop one.",
                code="too_many_generations",
                retry_after=max(1, round(self._seconds)),
                limit=self._concurrent,
            )
        if len(self._inside) >= self._slots and len(self._waiting) >= self._max_waiting:
            seconds = max(1, (self.eta_ms(len(self._waiting)) or 1000) // 1000)
            raise Unavailable(
                f"The queue is full. Please try again in {seconds} s.",
                code="queue_full",
                retry_after=seconds,
                seconds=seconds,
            )
        ticket = Ticket(user_id)
        self._per_user[user_id] += 1
        self._waiting.append(ticket)
        self._move()
        return ticket

    def leave(self, ticket: Ticket, seconds: float | None = None) -> None:
        """Give the place back; `seconds` inside teach the estimate."""
        if ticket in self._inside:
            self._inside.remove(ticket)
            if seconds is not None:
                self._seconds += (seconds - self._seconds) * (SMOOTHING if self._seconds else 1)
        else:
            self._waiting.remove(ticket)
        self._per_user[ticket.user_id] -= 1
        if not self._per_user[ticket.user_id]:
            del self._per_user[ticket.user_id]
        self._move()

    def eta_ms(self, place: int) -> int | None:
        """Milliseconds until the request at `place` gets in; None before anything has been measured."""
        if place == 0:
            return 0
        return round(1000 * self._seconds * place / self._slots) if self._seconds else None

    def _move(self) -> None:
        while self._waiting and len(self._inside) < self._slots:
            ticket = self._waiting.popleft()
            self._inside.add(ticket)
            if ticket.place:
                ticket.place = 0
                ticket.moved()
            ticket.granted.set()
        for place, ticket in enumerate(self._waiting, start=1):
            if ticket.place != place:
                ticket.place = place
                ticket.moved()
