"""Redis over TLS, behind Sentinels and as a cluster: everything that servers share works in each of them, and what is
lost comes back without a restart."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from redis.asyncio import Redis

from app.auth.session_cache import CachedUser, SessionCache
from app.config import Settings
from app.db import new_id
from app.generations.replicas import stream_key
from app.limits import redis_guard
from app.limits.redis_guard import guarded
from app.limits.requests import RequestLimiter
from tests.app.serving import Served
from tests.app.side_by_side import following, ready, rest, take
from tests.app.test_limits_redis import failures
from tests.app.test_replicas import stops
from tests.app.test_resume import begin, check
from tests.rig.fixtures import need
from tests.rig.redis_sets import Member, cluster, redis_over_tls, sentinels

Both = dict[str, Settings]
Make = Callable[[str], Both]


@pytest.fixture
def both(make_settings: Callable[..., Settings], migrated_postgres_url: Callable[[], str], tmp_path: Path) -> Make:
    """Two servers on that Redis and one PostgreSQL."""
    need(shutil.which("redis-server"), "redis-server")

    def make(url: str) -> Both:
        shared = {"database": {"url": migrated_postgres_url()}, "redis": {"url": url}}
        return {name: make_settings(data_dir=tmp_path / name, **shared) for name in "ab"}

    return make


@pytest.fixture(params=["tls", "sentinel", "cluster"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    need(shutil.which("redis-server"), "redis-server")
    with ExitStack() as stack:
        if request.param == "tls":
            yield stack.enter_context(redis_over_tls())
        elif request.param == "sentinel":
            yield stack.enter_context(sentinels(1)).url
        else:
            yield stack.enter_context(cluster()).url


async def test_everything_that_servers_share(both: Make, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_guard, "ANSWER_SECONDS", 5.0)
    before = failures()
    settings = both(url)
    # Streams and the channel for stopping.
    async with ready(settings["a"]) as (a, on_a), ready(settings["b"]) as (_, on_b):
        seen = await begin(on_a, a.engine, 9)
        async with following(on_b, seen[0]["data"]["generation_id"]) as there:
            assert await take(there, 9) == seen
            await stops(on_b, seen)
            check(seen + await rest(there))
    # Windows of requests.
    async with guarded(url) as one, guarded(url) as two:
        here, there_too = RequestLimiter(one), RequestLimiter(two)
        key = str(new_id())
        assert [(await here.hit(key, "3/minute")).remaining for _ in range(2)] == [2, 1]
        assert (await there_too.hit(key, "3/minute")).remaining == 0
        assert not (await here.hit(key, "3/minute")).allowed
    # Sessions.
    caches = [SessionCache(url), SessionCache(url)]
    user = CachedUser(new_id(), "kim@example.com", "user")
    hashes = [str(new_id()) for _ in range(9)]  # in a cluster, on all nodes
    for hashed in hashes:
        await caches[0].put("cookie", hashed, user)
        assert await caches[1].get("cookie", hashed) == user
    await caches[1].forget(hashes)
    assert [await caches[0].get("cookie", hashed) for hashed in hashes] == [None] * 9
    for cache in caches:
        await cache.close()
    assert failures() == before


async def is_away(served: Served, client: httpx.AsyncClient) -> None:
    """The server has seen that Redis is lost; whoever comes is served."""
    guard = served.services.limits.ledger._shared._guard  # type: ignore[union-attr]
    async with asyncio.timeout(30):
        while not guard.away:
            assert (await client.get("/api/users/me")).status_code == 200
            await asyncio.sleep(0.05)


async def counts_in(served: Served, client: httpx.AsyncClient, members: Sequence[Member]) -> None:
    """Requests are counted in one of these again."""
    guard = served.services.limits.ledger._shared._guard  # type: ignore[union-attr]
    async with asyncio.timeout(30), AsyncExitStack() as stack:
        held = [await stack.enter_async_context(Redis(port=member.port)) for member in members]
        for one in held:
            await one.flushall()
        while guard.away or not [key for one in held for key in await one.keys("chat:requests*")]:
            await client.get("/api/users/me")
            await asyncio.sleep(0.1)


async def test_a_failover_while_answers_are_written(both: Make) -> None:
    with sentinels() as redis:
        settings = both(redis.url)
        async with ready(settings["a"]) as (a, on_a), ready(settings["b"]) as (_, on_b):
            seen = await begin(on_a, a.engine, 9)
            generation_id = seen[0]["data"]["generation_id"]
            async with following(on_a, generation_id) as here, following(on_b, generation_id) as there:
                assert await take(there, 9) == await take(here, 9) == seen
                redis.primary.kill()
                a.engine.gate.set()
                more = await take(here, 8)
                a.engine.gate.clear()
                assert (await on_a.get("/api/users/me")).status_code == 200
                # The replica is the primary now, and has what is missing from the server that writes.
                assert await take(there, 8, seconds=30) == more
                a.engine.gate.set()
                events = await rest(here)
                check(seen + more + events)
                assert await rest(there) == events
            await stops(on_b, await begin(on_a, a.engine, 9))
            await counts_in(a, on_a, [redis.replica])
        async with Redis(port=redis.replica.port) as promoted:
            assert (await promoted.info("replication"))["role"] == "master"


async def test_a_node_of_a_cluster_is_lost_and_back(both: Make) -> None:
    with cluster(timeout_ms=500) as redis:
        settings = both(redis.url)
        async with ready(settings["a"]) as (a, on_a), ready(settings["b"]) as (_, on_b):
            seen = await begin(on_a, a.engine, 9)
            generation_id = seen[0]["data"]["generation_id"]
            async with following(on_a, generation_id) as here, following(on_b, generation_id) as there:
                assert await take(there, 9) == await take(here, 9) == seen
                node = redis.holder(stream_key(UUID(generation_id)))
                node.kill()
                await is_away(a, on_a)
                a.engine.gate.set()
                more = await take(here, 8)
                a.engine.gate.clear()
                assert (await on_a.get("/api/users/me")).status_code == 200
                node.start()
                # It comes back empty: all events are written again.
                assert await take(there, 8, seconds=30) == more
                a.engine.gate.set()
                events = await rest(here)
                check(seen + more + events)
                assert await rest(there) == events
            await stops(on_b, await begin(on_a, a.engine, 9))
            await counts_in(a, on_a, redis.members)
