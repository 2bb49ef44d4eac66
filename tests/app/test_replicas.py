"""Two servers on one PostgreSQL and one Redis: each shows and stops what the other one writes."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from redis.asyncio import Redis as Connection

from app.config import Settings
from app.generations import replicas
from tests.app.serving import chat, text_of
from tests.app.side_by_side import following, frozen, ready, rest, take
from tests.app.test_resume import UNDISTURBED, begin, check, follow, stored
from tests.rig import redis as rig
from tests.rig.fixtures import need
from tests.scripted_engine import REPLY

Both = dict[str, Settings]


@pytest.fixture
def redis() -> Iterator[rig.Redis]:
    """Of this test alone: it may be stopped."""
    need(shutil.which("redis-server"), "redis-server")
    with rig.redis() as server:
        yield server


@pytest.fixture
def both(
    make_settings: Callable[..., Settings], migrated_postgres_url: Callable[[], str], redis: rig.Redis, tmp_path: Path
) -> Both:
    shared = {"database": {"url": migrated_postgres_url()}, "redis": {"url": redis.url}}
    return {name: make_settings(data_dir=tmp_path / name, **shared) for name in "ab"}


async def test_what_one_writes_is_followed_on_the_other(both: Both) -> None:
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (b, on_b):
        seen = await begin(on_a, a.engine, 12)
        generation_id = seen[0]["data"]["generation_id"]
        async with following(on_b, generation_id) as whole, following(on_b, generation_id, after=5) as later:
            assert await take(whole, 12) == seen
            assert await take(later, 7) == seen[5:]
            a.engine.gate.set()
            events = seen + await rest(whole)
            assert await rest(later) == events[12:]
        check(events)
        assert text_of(events) == UNDISTURBED
        assert await follow(on_a, generation_id) == events
        assert b.engine.prompts == []


async def test_only_its_owner_follows_it_and_only_up_to_its_end(both: Both) -> None:
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (b, _), b.client("lee@example.com") as lee:
        seen = await begin(on_a, a.engine, 9)
        path = f"/api/generations/{seen[0]['data']['generation_id']}/events"
        assert (await lee.get(path)).status_code == 404
        assert (await lee.delete(path.removesuffix("/events"))).status_code == 404
        a.engine.gate.set()


async def test_a_client_that_is_ahead_of_redis_need_not_ask_twice(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "COALESCE_SECONDS", 3.0)  # a server that was killed tells the rest when it is back
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (_, on_b):
        seen = await begin(on_a, a.engine, 12)
        a.engine.gate.set()
        async with following(on_b, seen[0]["data"]["generation_id"], after=12) as events:
            check(seen + await rest(events))


async def test_deleting_a_conversation_stops_what_the_other_server_writes_in_it(both: Both) -> None:
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (_, on_b):
        seen = await begin(on_a, a.engine, 9)
        path = f"/api/conversations/{seen[0]['data']['conversation_id']}"
        async with following(on_b, seen[0]["data"]["generation_id"]) as events:
            assert (await on_b.delete(path)).status_code == 204
            assert (await rest(events))[-1]["data"]["finish_reason"] == "cancelled"
        assert a.engine.running == set()
        assert (await on_a.get(path)).status_code == 404


async def test_stop_on_the_other_server(both: Both) -> None:
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (_, on_b):
        seen = await begin(on_a, a.engine, 9)
        generation_id = seen[0]["data"]["generation_id"]
        async with following(on_a, generation_id) as here, following(on_b, generation_id) as there:
            await take(there, 9)
            assert (await on_b.delete(f"/api/generations/{generation_id}")).status_code == 204
            assert a.engine.running == set()
            events = await rest(here)
            assert await rest(there) == events[9:]
        check(events)
        assert events[-1]["data"]["finish_reason"] == "cancelled"
        assert await stored(both["a"], seen) == ("cancelled", text_of(events))
        assert (await on_b.delete(f"/api/generations/{generation_id}")).status_code == 204


async def test_what_has_ended_comes_from_the_database(both: Both, redis: rig.Redis) -> None:
    async with ready(both["a"]) as (_, on_a), ready(both["b"]) as (_, on_b):
        events = await chat(on_a)
        generation_id = events[0]["data"]["generation_id"]
        with frozen(redis):
            assert await follow(on_b, generation_id) == events
            assert await follow(on_b, generation_id, after=4) == events[4:]
            beyond = {"Last-Event-ID": str(len(events) + 1)}
            assert (await on_b.get(f"/api/generations/{generation_id}/events", headers=beyond)).status_code == 422
            assert (await on_b.delete(f"/api/generations/{generation_id}")).status_code == 204


async def test_a_frozen_redis_disturbs_nobody_on_the_server_that_writes(both: Both, redis: rig.Redis) -> None:
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (_, on_b):
        seen = await begin(on_a, a.engine, 9)
        generation_id = seen[0]["data"]["generation_id"]
        async with following(on_a, generation_id) as here, following(on_b, generation_id) as there:
            assert await take(there, 9) == await take(here, 9) == seen
            with frozen(redis):
                a.engine.gate.set()
                more = await take(here, 15, seconds=2)
                a.engine.gate.clear()
                assert text_of(await chat(on_b)) == REPLY
            assert await take(there, 15) == more
            a.engine.gate.set()
            events = seen + more + await rest(here)
            check(events)
            assert await rest(there) == events[24:]
        assert text_of(events) == UNDISTURBED


async def test_an_answer_that_ends_while_redis_is_frozen(both: Both, redis: rig.Redis) -> None:
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (_, on_b):
        seen = await begin(on_a, a.engine, 9)
        generation_id = seen[0]["data"]["generation_id"]
        async with following(on_b, generation_id) as there:
            await take(there, 9)
            with frozen(redis):
                a.engine.gate.set()
                async with asyncio.timeout(2):
                    events = await follow(on_a, generation_id)
                # The database is enough.
                assert await rest(there) == events[9:]


async def test_a_redis_that_was_started_again_gets_everything_again(
    both: Both, redis: rig.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (_, on_b):
        seen = await begin(on_a, a.engine, 9)
        generation_id = seen[0]["data"]["generation_id"]
        async with following(on_a, generation_id) as here, following(on_b, generation_id) as there:
            assert await take(there, 9) == await take(here, 9) == seen
            redis.process.stop()
            a.engine.gate.set()
            more = await take(here, 8, seconds=2)
            a.engine.gate.clear()
            monkeypatch.setattr(rig, "free_port", lambda: redis.port)
            with rig.redis():
                assert await take(there, 8) == more
                a.engine.gate.set()
                events = seen + more + await rest(here)
                check(events)
                assert await rest(there) == events[17:]
                assert (await on_b.delete(f"/api/generations/{generation_id}")).status_code == 204
                again = await begin(on_a, a.engine, 9)
                await stops(on_b, again)


async def test_events_that_redis_has_lost_are_written_again(both: Both, redis: rig.Redis) -> None:
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (_, on_b):
        seen = await begin(on_a, a.engine, 9)
        generation_id = seen[0]["data"]["generation_id"]
        async with following(on_a, generation_id) as here, Connection.from_url(redis.url) as connection:
            async with asyncio.timeout(5):
                while await connection.xlen(replicas.stream_key(UUID(generation_id))) < 9:
                    await asyncio.sleep(0.01)
            await connection.flushall()
            a.engine.gate.set()
            more = await take(here, 17)
            a.engine.gate.clear()
            async with following(on_b, generation_id) as there:
                assert await take(there, 17) == more
            a.engine.gate.set()


async def stops(on_b: httpx.AsyncClient, seen: list[dict[str, Any]]) -> None:
    """The servers have subscribed again: within the time that a retry takes."""
    path = f"/api/generations/{seen[0]['data']['generation_id']}"
    async with asyncio.timeout(15):
        while (await on_b.delete(path)).status_code != 204:
            pass
    events = await follow(on_b, seen[0]["data"]["generation_id"])
    assert events[-1]["data"]["finish_reason"] == "cancelled"


async def test_a_restart_is_seen_on_the_other_server(both: Both) -> None:
    async with ready(both["b"]) as (_, on_b), AsyncExitStack() as streams:
        async with ready(both["a"]) as (a, on_a):
            seen = await begin(on_a, a.engine, 9)
            generation_id = seen[0]["data"]["generation_id"]
            there = await streams.enter_async_context(following(on_b, generation_id))
            assert await take(there, 9) == seen
        async with ready(both["a"]) as (_, on_a):
            events = seen + await rest(there)
            check(events)
            assert await follow(on_a, generation_id) == events
    assert [event["data"]["reason"] for event in events if event["event"] == "resuming"] == ["server"]
    assert text_of(events) == UNDISTURBED
    assert await stored(both["a"], seen) == ("done", UNDISTURBED)


async def test_a_server_that_stops_sends_its_followers_to_another(both: Both) -> None:
    async with ready(both["a"]) as (a, on_a):
        async with ready(both["b"]) as (b, on_b):
            seen = await begin(on_a, a.engine, 9)
            generation_id = seen[0]["data"]["generation_id"]
            async with following(on_b, generation_id) as there:
                assert await take(there, 9) == seen
                b.server.should_exit = True
                assert await rest(there, seconds=2) == []
        a.engine.gate.set()
        async with following(on_a, generation_id, after=9) as here:
            check(seen + await rest(here))


async def test_a_starting_server_leaves_the_answers_of_the_others_alone(both: Both) -> None:
    async with ready(both["a"]) as (a, on_a):
        seen = await begin(on_a, a.engine, 9)
        async with ready(both["b"]):
            assert (await stored(both["a"], seen))[0] in ("queued", "running")
        a.engine.gate.set()
        events = await follow(on_a, seen[0]["data"]["generation_id"])
        assert (events[-1]["event"], text_of(events)) == ("done", UNDISTURBED)


async def test_one_key_on_both_servers_is_one_generation(both: Both) -> None:
    async with ready(both["a"]) as (a, on_a), ready(both["b"]) as (b, on_b):
        for number in range(5):
            headers = {"Idempotency-Key": f"key-{number}", "Accept": "application/json"}
            asked = [on.post("/api/chat", json={"content": "안녕"}, headers=headers) for on in (on_a, on_b) * 3]
            answers = await asyncio.gather(*asked)
            assert [answer.status_code for answer in answers] == [200] * 6, answers[0].text
            assert len({answer.json()["generation_id"] for answer in answers}) == 1
            assert {answer.json()["content"] for answer in answers} == {REPLY}
            assert len(a.engine.prompts) + len(b.engine.prompts) == number + 1
        assert len((await on_a.get("/api/conversations")).json()["items"]) == 5
