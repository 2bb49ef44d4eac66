"""The ledger's store in the memory of one process. A restart forgets it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from app.limits.bounds import Account
from app.limits.store import DAY, LEASE_SECONDS, MINUTE, Refusal, Reservation, Use


@dataclass(slots=True)
class _Book:
    """One account: tokens by the second of their end, tokens of the day, and lease and tokens of each reservation."""

    minute: dict[int, int] = field(default_factory=dict)
    day: int = 0
    day_tokens: int = 0
    open: dict[UUID, tuple[float, int]] = field(default_factory=dict)

    def tidy(self, now: float) -> None:
        """Drop what is over, and what is too far in the future because the clock was set back."""
        self.minute = {at: tokens for at, tokens in self.minute.items() if now - MINUTE < at <= now + MINUTE}
        self.open = {id_: held for id_, held in self.open.items() if now < held[0] <= now + 2 * LEASE_SECONDS}
        if now // DAY > self.day:
            self.day, self.day_tokens = int(now // DAY), 0

    def use(self) -> Use:
        """After `tidy`."""
        held = sum(tokens for _, tokens in self.open.values())
        return Use(sum(self.minute.values()), self.day_tokens, held, len(self.open), min(self.minute, default=None))

    def room_in(self, excess: int, now: float) -> int | None:
        """Seconds until more than `excess` tokens have left the minute."""
        for at in sorted(self.minute):
            excess -= self.minute[at]
            if excess < 0:
                return max(1, math.ceil(at + MINUTE - now))
        return None


class MemoryStore:
    """Implements `LedgerStore`; nothing here waits."""

    def __init__(self) -> None:
        self._books: dict[str, _Book] = {}
        self._settled: dict[UUID, float] = {}

    async def reserve(self, reservation: Reservation, now: float) -> Refusal | None:
        """As the protocol says."""
        for account in reservation.accounts:
            if refusal := self._refusal(account, now):
                return refusal
        await self.renew([reservation], now)
        return None

    async def renew(self, reservations: Iterable[Reservation], now: float) -> None:
        """As the protocol says."""
        for reservation in reservations:
            if reservation.id not in self._settled:
                for account in reservation.accounts:
                    self._book(account, now).open[reservation.id] = (now + LEASE_SECONDS, reservation.tokens)

    async def settle(self, reservation: Reservation, tokens: int, at: float) -> None:
        """As the protocol says."""
        if reservation.id in self._settled:
            return
        self._settled[reservation.id] = at
        for account in reservation.accounts:
            book = self._book(account, at)
            book.open.pop(reservation.id, None)
            if tokens:
                book.minute[int(at)] = book.minute.get(int(at), 0) + tokens
                book.day_tokens += tokens

    async def use(self, account: Account, now: float) -> Use:
        """As the protocol says."""
        return self._book(account, now).use()

    def forget(self, now: float) -> None:
        """Free the memory of accounts that count nothing any more. Call it now and then."""
        for name, book in list(self._books.items()):
            book.tidy(now)
            if book == _Book(day=book.day):
                del self._books[name]
        self._settled = {id_: at for id_, at in self._settled.items() if at > now - MINUTE}

    def _book(self, account: Account, now: float) -> _Book:
        book = self._books.setdefault(account.name, _Book())
        book.tidy(now)
        return book

    def _refusal(self, account: Account, now: float) -> Refusal | None:
        book, limits = self._book(account, now), account.limits
        use = book.use()
        if limits.concurrent is not None and use.running >= limits.concurrent:
            return Refusal(account, "concurrent", None)
        if limits.tokens_per_minute is not None and use.minute + use.held >= limits.tokens_per_minute:
            seconds = book.room_in(use.minute + use.held - limits.tokens_per_minute, now)
            return Refusal(account, "tokens_per_minute", seconds)
        if limits.tokens_per_day is not None and use.day + use.held >= limits.tokens_per_day:
            midnight = math.ceil(DAY - now % DAY)
            return Refusal(account, "tokens_per_day", midnight if use.day >= limits.tokens_per_day else None)
        return None
