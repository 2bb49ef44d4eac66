"""The ledger of tokens and running generations: reserve what an answer may use, settle what it has used.

Each process keeps a ledger of its own generations in memory; with Redis all processes share one there. A generation
must have room in both. So nothing has to be decided when Redis goes away: memory continues with all that this process
knows, and what Redis has missed is told to it when it is back. Every operation can be told twice, because each carries
the id of its generation: where an answer of Redis is lost nothing is counted twice.

Lost are, while Redis is away, the counts of other processes: each of them then allows a user the whole limit. When
Redis comes back empty, what had ended before is lost for the other processes. When a process is killed while Redis is
away, so is what it had not told yet. Without Redis a restart forgets the counts.

Prompt tokens count whether or not they were cached. What the engine has to read again after a failure of ours does not.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from math import ceil
from uuid import UUID

import structlog

from app import metrics
from app.errors import RateLimited
from app.limits.bounds import Account, LimitName
from app.limits.memory import MemoryStore
from app.limits.redis_guard import RedisAway
from app.limits.store import LedgerStore, Refusal, Reservation, Use

log = structlog.get_logger(__name__)

# Three heartbeats fit into a lease.
HEARTBEAT_SECONDS = 10.0
# Of what Redis has missed no more is kept.
MAX_UNTOLD = 100_000
# Weight of the newest value in the moving average.
SMOOTHING = 0.2
CODES: dict[LimitName, tuple[str, str]] = {
    "tokens_per_minute": ("tokens_per_minute", "The limit of {limit} tokens per minute is reached."),
    "tokens_per_day": ("tokens_per_day", "The limit of {limit} tokens per day is reached."),
    "concurrent": (
        "too_many_generations",
        "You already have {limit} answers running. Wait for one to finish or stop one.",
    ),
}


class Ledger:
    """`shared`: the store in Redis, when there is one. `clock` tells seconds since the epoch."""

    def __init__(self, shared: LedgerStore | None = None, clock: Callable[[], float] = time.time) -> None:
        self._own = MemoryStore()
        self._shared = shared
        self._clock = clock
        self._open: dict[UUID, Reservation] = {}
        self._untold: dict[UUID, tuple[Reservation, int, float]] = {}
        self._usual_seconds = 0.0

    async def reserve(self, accounts: tuple[Account, ...], id_: UUID, tokens: int) -> Reservation:
        """Hold so many tokens and a place for the generation `id_`.

        Raises RateLimited (`tokens_per_minute`, `tokens_per_day`, `too_many_generations`).
        """
        reservation = Reservation(id_, accounts, tokens, self._clock())
        refusal = await self._own.reserve(reservation, reservation.made)
        if refusal is None:
            self._open[id_] = reservation
            try:
                refusal = await self._reserve_shared(reservation)
            except BaseException:
                await self.settle(reservation, 0)
                raise
            if refusal is not None:
                del self._open[id_]
                await self._own.settle(reservation, 0, reservation.made)
        if refusal is not None:
            raise self._error(refusal)
        return reservation

    async def adopt(self, accounts: tuple[Account, ...], id_: UUID, tokens: int) -> Reservation:
        """Hold it without asking: an earlier process had let it in, and dying it has settled nothing."""
        reservation = self._open[id_] = Reservation(id_, accounts, tokens, self._clock())
        await self._own.renew([reservation], reservation.made)
        await self._tell()
        return reservation

    async def settle(self, reservation: Reservation, tokens: int) -> None:
        """It has ended and has used so many tokens; 0 gives everything back. The second time: nothing. Never raises."""
        if self._open.pop(reservation.id, None) is None:
            return
        at = self._clock()
        if tokens:
            self._usual_seconds += (at - reservation.made - self._usual_seconds) * (
                SMOOTHING if self._usual_seconds else 1
            )
        await self._own.settle(reservation, tokens, at)
        if self._shared is not None:
            self._untold[reservation.id] = (reservation, tokens, at)
            with contextlib.suppress(RedisAway):
                await self._tell_settled(reservation.id)
            self._drop_oldest()

    async def hand_over(self, reservation: Reservation) -> None:
        """The generation goes on in the next process, which adopts it. In Redis the lease runs on until then."""
        if self._open.pop(reservation.id, None) is not None:
            await self._own.settle(reservation, 0, self._clock())

    async def use(self, account: Account) -> Use:
        """What is counted now."""
        now = self._clock()
        own = await self._own.use(account, now)
        if self._shared is None:
            return own
        try:
            shared = await self._shared.use(account, now)
        except RedisAway:
            return own
        # Redis knows more, unless it has lost something.
        return Use(
            max(own.minute, shared.minute),
            max(own.day, shared.day),
            max(own.held, shared.held),
            max(own.running, shared.running),
            own.oldest if shared.oldest is None else shared.oldest,
        )

    async def beat(self) -> None:
        """Renew all leases, and tell Redis what it has missed. Every HEARTBEAT_SECONDS, and when Redis is back."""
        now = self._clock()
        self._own.forget(now)
        await self._own.renew(list(self._open.values()), now)
        await self._tell()

    async def keep(self) -> None:
        """Beat for ever."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.beat()

    async def _reserve_shared(self, reservation: Reservation) -> Refusal | None:
        if self._shared is None:
            return None
        try:
            return await self._shared.reserve(reservation, reservation.made)
        except RedisAway:
            return None

    async def _tell(self) -> None:
        if self._shared is None:
            return
        with contextlib.suppress(RedisAway):
            for id_ in list(self._untold):
                await self._tell_settled(id_)
            for reservation in list(self._open.values()):
                # One that has ended meanwhile is marked as settled there.
                await self._shared.renew([reservation], self._clock())

    async def _tell_settled(self, id_: UUID) -> None:
        if self._shared is not None and (entry := self._untold.get(id_)) is not None:
            await self._shared.settle(*entry)
            self._untold.pop(id_, None)

    def _drop_oldest(self) -> None:
        while len(self._untold) > MAX_UNTOLD:
            del self._untold[next(iter(self._untold))]

    def _error(self, refusal: Refusal) -> RateLimited:
        code, words = CODES[refusal.limit]
        limit = getattr(refusal.account.limits, refusal.limit)
        seconds = refusal.seconds
        if seconds is None:
            # When one of the running answers has taken the usual time.
            now = self._clock()
            names = {refusal.account.name}
            running = [one for one in self._open.values() if names & {account.name for account in one.accounts}]
            age = max((now - one.made for one in running), default=0.0)
            seconds = max(1, ceil(self._usual_seconds - age))
        metrics.rate_limited.labels(refusal.limit).inc()
        return RateLimited(words.format(limit=limit), code=code, retry_after=seconds, limit=limit)
