"""Two server processes, their engines and one store between them, on a clock that the test moves."""

from asyncio import gather
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

from app.errors import RateLimited
from app.limits.bounds import Account, Limits
from app.limits.ledger import HEARTBEAT_SECONDS, Ledger
from app.limits.memory import MemoryStore
from app.limits.redis_guard import RedisAway
from app.limits.store import DAY, LEASE_SECONDS, MINUTE, LedgerStore, Reservation

PER_MINUTE, PER_DAY, CONCURRENT, LONGEST = 100, 250, 3, 60
Step = tuple[Any, ...]
Away = Literal["no", "before", "after"]


class Line:
    """The way to the shared store. While it is cut nothing comes back; `after`: what was asked happens all the same."""

    def __init__(self, store: LedgerStore) -> None:
        self.store = store
        self.away: Away = "no"

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any) -> Any:
            if self.away == "before":
                raise RedisAway
            result = await getattr(self.store, name)(*arguments)
            if self.away == "after":
                raise RedisAway
            return result

        return call


@dataclass(eq=False)
class Answer:
    """A generation in an engine."""

    process: int
    user: int
    reservation: Reservation


@dataclass
class Truth:
    """What really happened, as (user, second, tokens)."""

    ended: list[tuple[int, int, int]] = field(default_factory=list)

    def minute(self, user: int, now: float) -> int:
        return sum(tokens for who, at, tokens in self.ended if who == user and at > now - MINUTE)

    def day(self, user: int, now: float) -> int:
        return sum(tokens for who, at, tokens in self.ended if who == user and at // DAY == now // DAY)


class World:
    """Call `step` for each thing that happens, then `end`."""

    def __init__(self, store: LedgerStore, start: float) -> None:
        self.now = start
        self.line = Line(store)
        names = [UUID(int=uuid4().int) for _ in range(3)]
        limits = Limits(None, PER_MINUTE, PER_DAY, CONCURRENT)
        self.accounts = [Account(name, f"user:{name}", limits) for name in names]
        self.ledgers = [self._ledger(), self._ledger()]
        self.all, self.own = Truth(), [Truth(), Truth()]
        self.running: list[Answer] = []
        self.orphans: list[Answer] = []
        self.untold: Counter[int] = Counter()
        self.calm = self.whole = True
        self.admitted = self.refused = 0

    def _ledger(self) -> Ledger:
        return Ledger(self.line, clock=lambda: self.now)

    async def step(self, step: Step) -> None:
        await getattr(self, step[0])(*step[1:])

    async def reserve(self, process: int, user: int, tokens: int) -> None:
        allowed = self._room(process, user)
        answered = await gather(
            self.ledgers[process].reserve((self.accounts[user],), uuid4(), tokens), return_exceptions=True
        )
        reservation = answered[0]
        if isinstance(reservation, RateLimited):
            self.refused += 1
            assert (reservation.retry_after or 0) >= 1
            if self.calm and not self.orphans:
                assert not allowed, f"refused without reason: {reservation.code}"
            return
        assert not isinstance(reservation, BaseException), reservation
        assert allowed, "over a limit by more than one request"
        self.admitted += 1
        self.running.append(Answer(process, user, reservation))

    def _room(self, process: int, user: int) -> bool:
        """Whether the truth allows one more: of all processes together unless the line was ever cut."""
        truth = self.all if self.calm else self.own[process]
        theirs = [one for one in self.running if one.user == user and (self.calm or one.process == process)]
        held = sum(one.reservation.tokens for one in theirs)
        return (
            len(theirs) < CONCURRENT
            and truth.minute(user, self.now) + held < PER_MINUTE
            and truth.day(user, self.now) + held < PER_DAY
        )

    async def settle(self, index: int, share: int) -> None:
        """It ends, or it is stopped, with this share (0 to 100) of what was held used. Told twice."""
        if not self.running:
            return
        answer = self.running.pop(index % len(self.running))
        used = answer.reservation.tokens * share // 100
        for _ in range(2):
            await self.ledgers[answer.process].settle(answer.reservation, used)
        for truth in (self.all, self.own[answer.process]):
            truth.ended.append((answer.user, int(self.now), used))

    async def crash(self, process: int) -> None:
        for reservation, tokens, _ in self.ledgers[process]._untold.values():
            self.untold[self._user_of(reservation)] += tokens
        self.ledgers[process], self.own[process] = self._ledger(), Truth()
        self.orphans += [one for one in self.running if one.process == process]
        self.running = [one for one in self.running if one.process != process]

    def _user_of(self, reservation: Reservation) -> int:
        return self.accounts.index(reservation.accounts[0])

    async def recover(self) -> None:
        """The next life of each killed process goes on with its answers."""
        for one in self.orphans:
            held = one.reservation
            await self.ledgers[one.process].adopt(held.accounts, held.id, held.tokens)
        self.running, self.orphans = self.running + self.orphans, []

    async def hand_over(self, process: int) -> None:
        """A stop in order: what runs is left to the next life."""
        for one in [one for one in self.running if one.process == process]:
            await self.ledgers[process].hand_over(one.reservation)
        await self.crash(process)

    async def cut(self, away: Away) -> None:
        self.line.away, self.calm = away, False

    async def lose(self) -> None:
        """Redis starts again, empty."""
        self.line.store, self.calm, self.whole = MemoryStore(), False, False

    async def back(self) -> None:
        self.line.away = "no"
        await self._beat()

    async def tick(self, seconds: int) -> None:
        while seconds > 0:
            step = min(seconds, HEARTBEAT_SECONDS)
            self.now, seconds = self.now + step, int(seconds - step)
            await self._beat()

    async def _beat(self) -> None:
        for ledger in self.ledgers:
            await ledger.beat()

    async def end(self) -> None:
        """Everything ends; the books are right and nothing is held any more."""
        await self.back()
        await self.recover()
        while self.running:
            await self.settle(0, 100)
        for user, account in enumerate(self.accounts):
            expected = self.all.day(user, self.now)
            shared = await self.line.store.use(account, self.now)
            assert shared.day <= expected
            assert shared.day >= expected - self.untold[user] or not self.whole
            if self.whole and not self.untold[user]:
                assert shared.minute == self.all.minute(user, self.now)
            for process, ledger in enumerate(self.ledgers):
                own = await ledger._own.use(account, self.now)
                truth = self.own[process]
                assert (own.minute, own.day) == (truth.minute(user, self.now), truth.day(user, self.now))
                assert (own.held, own.running) == (0, 0)
            if self.calm:
                assert (shared.held, shared.running) == (0, 0), "a slot has leaked"
        await self.tick(LEASE_SECONDS)
        for account in self.accounts:
            shared = await self.line.store.use(account, self.now)
            assert (shared.held, shared.running) == (0, 0), "a slot has leaked for ever"
