"""Two servers on one Redis: one limit, exactly; without Redis each goes on, and with it again they share again."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.limits import redis_guard
from tests.app.serving import chat
from tests.app.side_by_side import frozen, ready
from tests.app.test_limits import code, used
from tests.app.test_replicas import redis as redis  # a fixture: of this test alone, it may be stopped
from tests.rig import redis as rig

Pair = Callable[..., tuple[Settings, Settings]]


@pytest.fixture
def pair(
    make_settings: Callable[..., Settings],
    migrated_postgres_url: Callable[[], str],
    redis: rig.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Pair:
    """Settings of two servers with these limits."""
    # Exact counts, also on a machine that is busy with something else.
    monkeypatch.setattr(redis_guard, "ANSWER_SECONDS", 2.0)

    def make(**limits: Any) -> tuple[Settings, Settings]:
        shared = {"database": {"url": migrated_postgres_url()}, "redis": {"url": redis.url}, "limits": limits}
        return make_settings(data_dir=tmp_path / "a", **shared), make_settings(data_dir=tmp_path / "b", **shared)

    return make


async def statuses(*clients: httpx.AsyncClient, count: int) -> Counter[int]:
    """`count` requests of each client at once."""
    asked = [client.get("/api/users/me") for _ in range(count) for client in clients]
    return Counter(answer.status_code for answer in await asyncio.gather(*asked))


async def test_two_servers_share_one_limit_exactly(pair: Pair) -> None:
    one, two = pair(requests="20/minute")
    async with ready(one) as (_, on_one), ready(two) as (_, on_two):
        assert await statuses(on_one, on_two, count=15) == {200: 20, 429: 10}
        for client in (on_one, on_two):
            refused = await client.get("/api/users/me")
            assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (429, "0")
            assert 1 <= int(refused.headers["Retry-After"]) <= 60


async def test_two_servers_share_places_and_tokens(pair: Pair) -> None:
    one, two = pair(concurrent=3, tokens_per_day=10_000)
    async with ready(one) as (a, on_one), ready(two) as (b, on_two):
        a.engine.gate.clear()
        b.engine.gate.clear()
        body = {"content": "안녕", "params": {"max_tokens": 4}}
        started = []
        for client in (on_one, on_two, on_one, on_two):
            request = client.build_request("POST", "/api/chat", json=body)
            started.append(await client.send(request, stream=True))
        assert [answer.status_code for answer in started] == [200, 200, 200, 429]
        assert (await used(on_one, "concurrent"))["used"] == (await used(on_two, "concurrent"))["used"] == 3
        a.engine.gate.set()
        b.engine.gate.set()
        for answer in started:
            await answer.aread()
            await answer.aclose()
        total = 3 * (1 + 4)
        for client in (on_one, on_two):
            day = await used(client, "tokens_per_day")
            assert (day["used"], day["held"]) == (total, 0)
            assert (await used(client, "concurrent"))["used"] == 0


async def test_a_frozen_redis_stops_nobody_and_is_caught_up_with(pair: Pair, redis: rig.Redis) -> None:
    one, two = pair(requests="1000/minute", tokens_per_day=100_000)
    async with ready(one) as (_, on_one), ready(two) as (_, on_two):
        await chat(on_one)
        before = (await used(on_two, "tokens_per_day"))["used"]
        with frozen(redis):
            async with asyncio.timeout(10):
                assert await statuses(on_one, count=20) == {200: 20}
                usage = (await chat(on_one))[-1]["data"]["usage"]
            assert "chat_redis_failures_total" in (await on_one.get("/metrics")).text
        spent = usage["prompt_tokens"] + usage["completion_tokens"]
        async with asyncio.timeout(20):
            while (await used(on_two, "tokens_per_day"))["used"] != before + spent:
                await asyncio.sleep(0.1)


async def test_without_redis_the_limit_still_holds_on_each(pair: Pair, redis: rig.Redis) -> None:
    one, two = pair(requests="12/minute")
    async with ready(one) as (_, on_one), ready(two) as (_, on_two):
        redis.process.stop()
        for client in (on_one, on_two):
            assert await statuses(client, count=16) == {200: 12, 429: 4}
            assert code(await client.get("/api/users/me")) == (429, "rate_limited")
