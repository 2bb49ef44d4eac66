"""Requests per user and per address, in moving windows: no burst of twice the limit at the edge of a minute.

With Redis, servers share the windows (`limits`, the library behind slowapi). Each server counts its own requests in
memory as well, so when Redis goes away it continues with what it knows. Lost are, until Redis is back, the requests
that other servers count: a user then has the limit on each of them.
"""

import time
from dataclasses import replace
from functools import lru_cache
from math import ceil
from typing import Any

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis

from app.errors import RateLimited
from app.limits.rate import parse_rate
from app.limits.redis_guard import RedisAway, RedisGuard
from app.limits.windows import Window, Windows

_rate = lru_cache(1024)(parse_rate)


class RequestLimiter:
    """`guard`: Redis, when there is one."""

    def __init__(self, guard: RedisGuard | None, windows: Windows | None = None) -> None:
        self.windows = windows or Windows()
        self._guard = guard
        self._shared: MovingWindowRateLimiter | None = None
        if guard is not None:
            self._shared = MovingWindowRateLimiter(_storage(guard.redis))

    async def hit(self, key: str, rate: str) -> Window:
        """Count one request of `key` if there is room for it. Never raises."""
        item = _rate(rate)
        # Here first: while Redis is asked, further requests must not find the same room.
        moment = self.windows.add(key, item)
        own = self.windows.look(key, item)
        if moment is None:
            return replace(own, allowed=False)
        shared = await self._ask(key, item, hit=True)
        if shared is None:
            return own
        if not shared.allowed:
            self.windows.take_back(key, item, moment)
            return shared
        return min(own, shared, key=lambda window: window.remaining)

    async def look(self, key: str, rate: str) -> Window:
        """The window now, with nothing counted."""
        item = _rate(rate)
        own = self.windows.look(key, item)
        shared = await self._ask(key, item, hit=False)
        return own if shared is None else min(own, shared, key=lambda window: window.remaining)

    async def _ask(self, key: str, item: RateLimitItem, *, hit: bool) -> Window | None:
        if self._guard is None or self._shared is None:
            return None
        shared = self._shared

        async def ask() -> Window:
            allowed = not hit or await shared.hit(item, key)
            stats = await shared.get_window_stats(item, key)
            wait = stats.reset_time - time.time() if stats.remaining < item.amount else 0.0
            return Window(item.amount, stats.remaining, wait, allowed)

        try:
            return await self._guard.call(ask)
        except RedisAway:
            return None


def _storage(redis: Redis) -> RedisStorage:
    """Over our connection, whether to one server, a primary or a cluster: the library would make one of its own."""
    storage = RedisStorage("redis://", implementation="redispy", key_prefix="chat:requests")
    bridge: Any = storage.bridge
    bridge.connection_getter = lambda _readonly: redis
    bridge.register_scripts()
    return storage


def too_fast(window: Window) -> RateLimited:
    """The 429 for a window without room."""
    seconds = max(1, ceil(window.wait))
    return RateLimited(f"Too many requests. Please try again in {seconds} s.", retry_after=seconds)
