"""The ledger's store in Redis, shared by all server processes. One Lua script per operation makes each atomic."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.limits.bounds import Account, LimitName
from app.limits.redis_guard import RedisGuard
from app.limits.store import DAY, LEASE_SECONDS, MINUTE, REMEMBER_SECONDS, Refusal, Reservation, Use

SCRIPTS = Path(__file__).parent / "scripts"
NAMES: dict[int, LimitName] = {1: "concurrent", 2: "tokens_per_minute", 3: "tokens_per_day"}


class RedisStore:
    """Implements `LedgerStore`. All keys of a user hash to one slot, so a cluster will do."""

    def __init__(self, guard: RedisGuard) -> None:
        self._guard = guard
        common = (SCRIPTS / "common.lua").read_text()
        self._scripts = {
            name: guard.redis.register_script(common + (SCRIPTS / f"{name}.lua").read_text())
            for name in ("reserve", "renew", "settle", "use")
        }

    async def reserve(self, reservation: Reservation, now: float) -> Refusal | None:
        """As the protocol says."""
        limits: list[int] = []
        for account in reservation.accounts:
            bounds = account.limits.concurrent, account.limits.tokens_per_minute, account.limits.tokens_per_day
            limits += (-1 if bound is None else bound for bound in bounds)
        answer = await self._run("reserve", reservation, now, [str(reservation.id), reservation.tokens, *limits])
        if not answer:
            return None
        number, limit, seconds = answer
        return Refusal(reservation.accounts[number - 1], NAMES[limit], seconds if seconds >= 0 else None)

    async def renew(self, reservations: Iterable[Reservation], now: float) -> None:
        """As the protocol says."""
        for reservation in reservations:
            await self._run("renew", reservation, now, [str(reservation.id), reservation.tokens])

    async def settle(self, reservation: Reservation, tokens: int, at: float) -> None:
        """As the protocol says."""
        await self._run("settle", reservation, at, [str(reservation.id), tokens, REMEMBER_SECONDS])

    async def use(self, account: Account, now: float) -> Use:
        """As the protocol says."""
        keys = _keys(account, now)
        minute, day, held, running, oldest = await self._call("use", keys, [now, MINUTE, LEASE_SECONDS])
        return Use(minute, day, held, running, oldest if oldest >= 0 else None)

    async def _run(self, name: str, reservation: Reservation, at: float, arguments: list[Any]) -> Any:
        user_id = reservation.accounts[0].user_id
        keys = [f"chat:{{{user_id}}}:settled:{reservation.id}"]
        for account in reservation.accounts:
            keys += _keys(account, at)
        return await self._call(name, keys, [at, MINUTE, LEASE_SECONDS, *arguments])

    async def _call(self, name: str, keys: list[str], arguments: list[Any]) -> Any:
        return await self._guard.call(lambda: self._scripts[name](keys, arguments))


def _keys(account: Account, at: float) -> list[str]:
    prefix = f"chat:{{{account.user_id}}}:{account.name}"
    return [f"{prefix}:minute", f"{prefix}:day:{int(at // DAY)}", f"{prefix}:open"]
