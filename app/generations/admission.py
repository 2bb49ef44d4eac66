"""The queue in front of the engine: at most `slots` requests inside, the rest waits here.

Only so is the place that people see a fact: vLLM's own queue cannot be looked into. Order is fair by work done
per user, not by arrival: one user's fifty requests must not slow another's one. The method is the virtual token
counter of Sheng et al., "Fairness in Serving Large Language Models", arXiv 2401.00588: the waiting user to whom
the least has been given goes next, and a user who returns starts at the least of those who are active.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from app.errors import Unavailable

# Weight of the newest value in the moving averages.
SMOOTHING = 0.2
# With so few slots one of them is kept for users who have nothing running. Among more, one comes free every few
# milliseconds, and they are next in line for it: a slot kept empty would only cost.
FEW_SLOTS = 32
# Those who wait are overtaken by people who come later with less work behind them. By how much that lengthens a wait is
# learned as a median is (Robbins and Monro, "A Stochastic Approximation Method", 1951): a step up, a step down.
STRETCH_STEP = 1.01
MAX_STRETCH = 2.0
# Nobody knows when a paused queue goes on.
PAUSED_RETRY_SECONDS = 30


class Ticket:
    """One admitted request: first waiting, then inside, then gone."""

    def __init__(self, user_id: UUID, *, background: bool) -> None:
        self.user_id = user_id
        self.background = background
        self.place = 0
        self.charged = 0.0
        self.entered = monotonic()
        self.since = 0.0
        self.told_seconds: float | None = None
        self.granted = asyncio.Event()
        self.moved: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Share:
    """One active user: work given so far, requests inside, and those waiting in order of arrival."""

    work: float
    inside: int = 0
    interactive: deque[Ticket] = field(default_factory=deque)
    background: deque[Ticket] = field(default_factory=deque)

    def line(self, *, background: bool) -> deque[Ticket]:
        """Those who wait for an answer, or the work that nobody waits for."""
        return self.background if background else self.interactive

    @property
    def waiting(self) -> int:
        """How many of this user wait."""
        return len(self.interactive) + len(self.background)


class Admission:
    """Work is counted in tokens. How many generations one user may have is the ledger's business."""

    def __init__(self, slots: int, max_waiting: int) -> None:
        self._slots = slots
        self._kept = 1 if 1 < slots <= FEW_SLOTS else 0
        self._max_waiting = max_waiting
        self._shares: dict[UUID, Share] = {}
        self._gone: dict[UUID, float] = {}
        self._inside: set[Ticket] = set()
        self._seconds = 0.0
        # In a full house everybody stays longer.
        self._crowded_seconds = 0.0
        self._tokens = 0.0
        self._stretch = 1.0
        self._left = asyncio.Event()
        # Nobody gets in, those inside go on.
        self.paused = False

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(share.waiting for share in self._shares.values())

    @property
    def running(self) -> int:
        """How many are inside."""
        return len(self._inside)

    def users(self) -> dict[UUID, tuple[int, int]]:
        """How many of each active user are inside, and how many wait."""
        return {user: (share.inside, share.waiting) for user, share in self._shares.items()}

    def enter(self, user_id: UUID, *, background: bool = False, capped: bool = True) -> Ticket:
        """Take a place. Raises Unavailable (`queue_full`).

        `background` work gets in when nobody waits for an answer. Without `capped` nothing is refused: for those who
        had a place before a restart.
        """
        share = self._shares.get(user_id)
        if capped and (self.paused or self.running >= self._slots) and self.waiting >= self._max_waiting:
            usual = PAUSED_RETRY_SECONDS if self.paused else 1
            seconds = max(1, (self.eta_ms(self.waiting) or 1000 * usual) // 1000)
            raise Unavailable(
                f"The queue is full. Please try again in {seconds} s.",
                code="queue_full",
                retry_after=seconds,
                seconds=seconds,
            )
        if share is None:
            least = min((other.work for other in self._shares.values()), default=0.0)
            share = self._shares[user_id] = Share(max(self._gone.pop(user_id, 0.0), least))
        ticket = Ticket(user_id, background=background)
        share.line(background=background).append(ticket)
        self._move()
        if (wait_ms := self.eta_ms(ticket.place)) is not None and ticket.place:
            ticket.told_seconds = wait_ms / 1000
        return ticket

    def leave(self, ticket: Ticket, seconds: float | None = None, tokens: int = 0) -> None:
        """Give the place back. `seconds` inside teach the estimate; `tokens` are the work that was really done."""
        share = self._shares[ticket.user_id]
        if ticket.granted.is_set():
            share.inside -= 1
            self._inside.discard(ticket)
            share.work += tokens - ticket.charged
            if seconds is not None:
                self._seconds = _moved(self._seconds, seconds)
                self._tokens = _moved(self._tokens, tokens)
                if self.waiting:
                    self._crowded_seconds = _moved(self._crowded_seconds, seconds)
        else:
            share.line(background=ticket.background).remove(ticket)
        if not share.inside and not share.waiting:
            del self._shares[ticket.user_id]
            self._gone[ticket.user_id] = share.work
        self._left.set()
        if not self._shares:
            # Nobody is active: there is nobody to be fair to, and old work is forgotten.
            self._gone.clear()
        self._move()

    def pause(self) -> None:
        """From now on everybody waits; those who wait are told."""
        self._switch(paused=True)

    def resume(self) -> None:
        """Those who wait get in as there is room."""
        self._switch(paused=False)

    async def empty(self) -> None:
        """Return when nobody is inside."""
        while self._inside:
            self._left.clear()
            await self._left.wait()

    def _switch(self, *, paused: bool) -> None:
        if self.paused == paused:
            return
        self.paused = paused
        for ticket in self._order():
            ticket.told_seconds = None  # a pause is no measure of the queue
        self._move()
        for ticket in self._order():
            ticket.moved()

    def eta_ms(self, place: int) -> int | None:
        """Milliseconds until the request at `place` gets in; None before anything has been measured, and while paused.

        Those inside leave when they have been in for the usual time, and those who follow them stay as long; others who
        get in first stretch that.
        """
        if place == 0:
            return 0
        stay = self._crowded_seconds or self._seconds
        if self.paused or not stay or not self._inside:
            return None
        moment = monotonic()
        leaving = [max(0.0, stay - (moment - ticket.since)) for ticket in self._inside]
        heapq.heapify(leaving)
        for _ in range(place - 1):
            heapq.heappush(leaving, heapq.heappop(leaving) + stay)
        return round(1000 * leaving[0] * self._stretch)

    def _move(self) -> None:
        while (chosen := self._next()) is not None:
            share, ticket = chosen
            share.inside += 1
            self._inside.add(ticket)
            ticket.since = monotonic()
            if ticket.told_seconds is not None:
                step = STRETCH_STEP if ticket.since - ticket.entered > ticket.told_seconds else 1 / STRETCH_STEP
                self._stretch = min(MAX_STRETCH, max(1.0, self._stretch * step))
            # Charged in advance by what a request usually takes, corrected when it leaves.
            ticket.charged = max(self._tokens, 1.0)
            share.work += ticket.charged
            if ticket.place:
                ticket.place = 0
                ticket.moved()
            ticket.granted.set()
        for place, ticket in enumerate(self._order(), start=1):
            if ticket.place != place:
                ticket.place = place
                ticket.moved()

    def _next(self) -> tuple[Share, Ticket] | None:
        """Of the waiting users with a right to a slot the one with the least work; None when there is none."""
        if self.paused:
            return None
        free = self._slots - self.running
        for background in (False, True):
            may = [
                share
                for share in self._shares.values()
                if share.line(background=background) and free > self._kept_from(share, background=background)
            ]
            if may:
                share = min(may, key=lambda share: (share.work, share.inside))
                return share, share.line(background=background).popleft()
        return None

    def _kept_from(self, share: Share, *, background: bool) -> int:
        """How many slots are not for these: among many of them only what nobody waits for stays out of the last one."""
        if background:
            return min(1, self._slots - 1)
        return self._kept if share.inside else 0

    def _order(self) -> list[Ticket]:
        """The waiting tickets in the order in which they would get in if nobody else came."""
        step = max(self._tokens, 1.0)
        keyed = [
            (background, share.work + index * step, share.inside, number, ticket)
            for number, share in enumerate(self._shares.values())
            for background in (False, True)
            for index, ticket in enumerate(share.line(background=background))
        ]
        return [entry[-1] for entry in sorted(keyed, key=lambda entry: entry[:4])]


def _moved(average: float, value: float) -> float:
    return average + (value - average) * (SMOOTHING if average else 1)
