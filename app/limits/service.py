"""Limits for the page and the API: what is counted, and what is used and left."""

import asyncio
import ipaddress
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from app import metrics
from app.audit.service import AuditService
from app.auth.current import CurrentUser
from app.config import Settings
from app.db import Database
from app.limits.administration import LimitAdministration
from app.limits.bounds import Account, LimitName
from app.limits.ledger import Ledger
from app.limits.policy import Policy
from app.limits.redis_guard import guarded
from app.limits.redis_store import RedisStore
from app.limits.requests import RequestLimiter, too_fast
from app.limits.schemas import LimitUse, UsageView
from app.limits.store import DAY, MINUTE, Reservation
from app.limits.windows import Window

FORGET_SECONDS = 60.0


class LimitService:
    """`anonymous` is the rate of an address. `administration` is what an administrator may do."""

    def __init__(
        self,
        anonymous: str,
        policy: Policy,
        requests: RequestLimiter,
        ledger: Ledger,
        administration: LimitAdministration,
    ) -> None:
        self._anonymous = anonymous
        self._policy = policy
        self._requests = requests
        self.ledger = ledger
        self.administration = administration

    async def hit_user(self, user: CurrentUser) -> Window:
        """Count one request of a user, and of the API key if it has a rate of its own. Never raises."""
        tightest: Window | None = None
        # The key first: what it is refused does not use up what its owner has.
        for account in reversed(await self._policy.accounts(user)):
            if account.limits.requests is None:
                continue
            window = await self._requests.hit(account.name, account.limits.requests)
            if tightest is None or not window.allowed or window.remaining < tightest.remaining:
                tightest = window
            if not window.allowed:
                metrics.rate_limited.labels("requests").inc()
                break
        assert tightest is not None  # the settings always name a rate for the user
        return tightest

    async def hit_address(self, host: str | None) -> Window:
        """Count one request of an address that is not signed in. Never raises."""
        window = await self._requests.hit(f"address:{bucket_of(host)}", self._anonymous)
        if not window.allowed:
            metrics.rate_limited.labels("anonymous").inc()
        return window

    async def check(self, user: CurrentUser) -> None:
        """Count what a user does in the page as one request. Raises RateLimited."""
        window = await self.hit_user(user)
        if not window.allowed:
            raise too_fast(window)

    async def reserve(self, user: CurrentUser, generation_id: UUID, tokens: int) -> Reservation:
        """Hold tokens and a place for a generation. Raises RateLimited."""
        return await self.ledger.reserve(await self._policy.accounts(user), generation_id, tokens)

    async def release(self, reservation: Reservation) -> None:
        """The generation has not begun."""
        await self.ledger.settle(reservation, 0)

    async def usage(self, user: CurrentUser) -> UsageView:
        """What is used and left of every limit now, running answers included."""
        owners, *keys = await self._policy.accounts(user)
        return UsageView(limits=await self._uses(owners), key=[use for key in keys for use in await self._uses(key)])

    async def _uses(self, account: Account) -> list[LimitUse]:
        limits, now, use = account.limits, time.time(), await self.ledger.use(account)
        uses: list[LimitUse] = []
        if limits.requests is not None:
            window = await self._requests.look(account.name, limits.requests)
            at = math.ceil(now + window.wait)
            uses.append(_use("requests", window.limit, window.limit - window.remaining, at))
        if limits.tokens_per_minute is not None:
            at = math.ceil(now) if use.oldest is None else use.oldest + MINUTE
            uses.append(_use("tokens_per_minute", limits.tokens_per_minute, use.minute + use.held, at, use.held))
        if limits.tokens_per_day is not None:
            at = int(now // DAY + 1) * DAY
            uses.append(_use("tokens_per_day", limits.tokens_per_day, use.day + use.held, at, use.held))
        if limits.concurrent is not None:
            uses.append(_use("concurrent", limits.concurrent, use.running, None))
        return uses


def bucket_of(host: str | None) -> str:
    """The address that a client is counted by. One client owns a whole /64 of IPv6."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _use(name: LimitName, limit: int, used: int, reset: int | None, held: int = 0) -> LimitUse:
    return LimitUse(
        name=name,
        limit=limit,
        used=used,
        held=held,
        remaining=max(0, limit - used),
        resets_at=None if reset is None else datetime.fromtimestamp(reset, UTC),
        reset=reset,
    )


@asynccontextmanager
async def open_limits(db: Database, settings: Settings, audit: AuditService) -> AsyncIterator[LimitService]:
    """With Redis when it is configured."""
    async with guarded(settings.redis_url) as guard:
        ledger = Ledger(RedisStore(guard) if guard else None)
        if guard is not None:
            guard.on_return = ledger.beat
        policy, requests = Policy(db, settings.limits), RequestLimiter(guard)
        tasks = [asyncio.create_task(work) for work in (ledger.keep(), _forget(requests))]
        try:
            yield LimitService(
                settings.limits.anonymous, policy, requests, ledger, LimitAdministration(db, policy, audit)
            )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _forget(requests: RequestLimiter) -> None:
    while True:
        await asyncio.sleep(FORGET_SECONDS)
        requests.windows.forget()
