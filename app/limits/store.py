"""What a store of the ledger can do. Two keep to it: `app.limits.memory` and `app.limits.redis_store`.

Times are seconds since the epoch. Three counts make an account:

- tokens per minute: what ended in the last sixty seconds, sliding in steps of a second, and what is held;
- tokens per day: what ended on this day in UTC, and what is held;
- concurrent: the reservations that are open.

A reservation is let in when each count is still below its limit without it. As it holds at least what it will use,
nobody gets over a limit by more than one request. It is held on a lease: when its process dies and does not renew it,
it ends by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.limits.bounds import Account, LimitName

MINUTE = 60
DAY = 86400
LEASE_SECONDS = 30
# Settling again within this time changes nothing: an answer of Redis may get lost.
REMEMBER_SECONDS = DAY


@dataclass(frozen=True, slots=True)
class Reservation:
    """`id` is the generation's; `tokens` are held until it is settled; `made` is when."""

    id: UUID
    accounts: tuple[Account, ...]
    tokens: int
    made: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which limit of which account is reached, and in how many seconds there is room again; None: when an answer
    ends."""

    account: Account
    limit: LimitName
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Use:
    """Tokens settled in the last minute and on this day, tokens `held` by `running` generations. `oldest` is the
    second in which the oldest tokens of the minute were settled."""

    minute: int = 0
    day: int = 0
    held: int = 0
    running: int = 0
    oldest: int | None = None


class LedgerStore(Protocol):
    """Each operation is atomic. Raises RedisAway when the store cannot be asked; what was asked may have happened."""

    async def reserve(self, reservation: Reservation, now: float) -> Refusal | None:
        """Hold it in all its accounts, or in none of them."""
        ...

    async def renew(self, reservations: Iterable[Reservation], now: float) -> None:
        """Extend the leases, and hold again what was lost. Nothing is refused; what is settled stays settled."""
        ...

    async def settle(self, reservation: Reservation, tokens: int, at: float) -> None:
        """It has ended and has used so many tokens, whether or not it is still held. The second time: nothing."""
        ...

    async def use(self, account: Account, now: float) -> Use:
        """What is counted now."""
        ...
