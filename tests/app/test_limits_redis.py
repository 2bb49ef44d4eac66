"""Redis goes away: what a server has counted goes on. Redis comes back empty: it is used again."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from app import metrics
from app.config import Settings
from app.limits import redis_guard
from tests.app.serving import Served, chat
from tests.app.side_by_side import frozen, ready
from tests.app.test_limits import code, used
from tests.app.test_replicas import redis as redis  # a fixture: of this test alone, it may be stopped
from tests.rig import redis as rig

Make = Callable[..., Settings]


def failures() -> float:
    """How often Redis did not answer."""
    (metric,) = metrics.redis_failures.collect()
    return float(metric.samples[0].value)


async def until_shared(served: Served, client: httpx.AsyncClient, key: bytes) -> None:
    """Requests count in Redis again."""
    guard = served.services.limits.ledger._shared._guard  # type: ignore[union-attr]
    async with asyncio.timeout(30):
        while guard.away or not any(key in name for name in await guard.redis.keys("*")):
            await asyncio.sleep(0.1)
            await client.get("/api/users/me")


async def test_a_frozen_redis_gives_nobody_the_limit_twice(
    make_settings: Make, redis: rig.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_guard, "RETRY_SECONDS", 60.0)
    settings = make_settings(redis={"url": redis.url}, limits={"requests": "8/minute"})
    async with ready(settings) as (_, client):
        before = failures()
        for _ in range(3):
            assert (await client.get("/api/users/me")).status_code == 200
        with frozen(redis):
            status = [(await client.get("/api/users/me")).status_code for _ in range(7)]
            assert status == [200] * 5 + [429] * 2
        # The first one asked, and then the task that looks for Redis; nobody else.
        assert 1 <= failures() - before <= 2
        assert code(await client.get("/api/users/me")) == (429, "rate_limited")


async def test_a_redis_that_was_started_again_is_used_again(
    make_settings: Make, redis: rig.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(redis={"url": redis.url})
    async with ready(settings) as (served, client):
        usage = (await chat(client))[-1]["data"]["usage"]
        redis.process.stop()
        assert (await client.get("/api/users/me")).status_code == 200
        monkeypatch.setattr(rig, "free_port", lambda: redis.port)
        with rig.redis():
            await until_shared(served, client, b"chat:requests")
            # Redis has forgotten, this server has not.
            spent = usage["prompt_tokens"] + usage["completion_tokens"]
            assert (await used(client, "tokens_per_day"))["used"] == spent
            await chat(client)
            await until_shared(served, client, b":day:")
            assert (await used(client, "tokens_per_day"))["used"] == 2 * spent
