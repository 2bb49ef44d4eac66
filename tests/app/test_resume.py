"""Answers go on: over a lost engine, a stopped server, and a killed one."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from app.config import Settings
from app.conversations.models import Message
from app.db import Database
from tests.app.serving import Served, chat, read_events, serving, text_of
from tests.scripted_engine import REPLY, ScriptedEngine

LONG = {"content": "안녕", "params": {"max_tokens": 40, "ignore_eos": True}}
UNDISTURBED = " ".join((REPLY.split(" ") * 3)[:40])


async def begin(client: httpx.AsyncClient, engine: ScriptedEngine, steps: int) -> list[dict[str, Any]]:
    """Send, and leave after so many events; the engine then waits."""
    events: list[dict[str, Any]] = []
    async with client.stream("POST", "/api/chat", json=LONG) as response:
        async for event in read_events(response):
            events.append(event)
            if len(events) == steps:
                engine.gate.clear()
                return events
    raise AssertionError("ended too early")


async def follow(client: httpx.AsyncClient, generation_id: str, after: int = 0) -> list[dict[str, Any]]:
    headers = {"Last-Event-ID": str(after)} if after else {}
    async with client.stream("GET", f"/api/generations/{generation_id}/events", headers=headers) as response:
        assert response.status_code == 200, (await response.aread()).decode()
        return [event async for event in read_events(response)]


def check(events: list[dict[str, Any]]) -> None:
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["event"] for event in events if event["event"] in ("done", "error")] == [events[-1]["event"]]


async def test_a_lost_engine_is_survived(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.delay = 0.005
    seen = await begin(client, served.engine, 9)
    generation_id = seen[0]["data"]["generation_id"]
    served.engine.dead = True
    served.engine.gate.set()
    events = await follow(client, generation_id)
    check(events)
    assert events[: len(seen)] == seen
    resuming = next(event for event in events if event["event"] == "resuming")
    assert resuming["data"]["reason"] == "engine"
    assert text_of(events) == UNDISTURBED
    assert events[-1]["data"]["usage"]["completion_tokens"] == 40
    assert (await stored(served.services.settings, seen)) == ("done", UNDISTURBED)


async def test_an_engine_that_dies_of_one_question_is_not_killed_for_ever(
    served: Served, client: httpx.AsyncClient
) -> None:
    async def die() -> None:
        async for status in served.services.engine.watch():
            served.engine.dead = status.stage == "ready"
            served.engine.gate.set()

    killer = asyncio.create_task(die())
    served.engine.delay = 0.05
    events = await chat(client)
    killer.cancel()
    check(events)
    assert (events[-1]["event"], events[-1]["data"]["code"]) == ("error", "engine_lost")
    assert [event["event"] for event in events].count("resuming") == 2


async def test_a_stopped_server_goes_on_after_its_restart(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    settings = make_settings(database={"url": database_url})
    async with serving(settings, ScriptedEngine(delay=0.01)) as first, first.client() as client:
        await first.services.engine.wait_ready()
        seen = await begin(client, first.engine, 9)
    assert (await stored(settings, seen))[0] == "interrupted"
    await goes_on(settings, seen)


async def test_a_killed_server_goes_on_from_its_journal(
    make_settings: Callable[..., Settings], database_url: str, tmp_path: Path
) -> None:
    """The files and the database as a kill -9 at this moment would leave them."""
    settings = make_settings(database={"url": database_url})
    async with serving(settings, ScriptedEngine(delay=0.01)) as first, first.client() as client:
        await first.services.engine.wait_ready()
        seen = await begin(client, first.engine, 12)
        shutil.copytree(settings.data_dir / "instances", tmp_path / "killed")
    shutil.rmtree(settings.data_dir / "instances")
    shutil.copytree(tmp_path / "killed", settings.data_dir / "instances")
    await goes_on(settings, seen)


async def goes_on(settings: Settings, seen: list[dict[str, Any]]) -> None:
    """A new server on the same data finishes the answer, and no seen event is contradicted."""
    generation_id = seen[0]["data"]["generation_id"]
    async with serving(settings) as second, second.client() as client:
        events = await follow(client, generation_id)
        check(events)
        assert events[: len(seen)] == seen
        assert [event["data"]["reason"] for event in events if event["event"] == "resuming"] == ["server"]
        assert text_of(events) == UNDISTURBED
        assert (await follow(client, generation_id, after=len(seen))) == events[len(seen) :]
        usage = events[-1]["data"]["usage"]
        assert (usage["prompt_tokens"], usage["completion_tokens"]) == (1, 40)
        assert (await stored(settings, seen)) == ("done", UNDISTURBED)
    journal = settings.data_dir / "instances" / "0" / "journal"
    assert sum(path.stat().st_size for path in journal.iterdir()) == 0
    async with serving(settings) as third, third.client() as client:
        assert await follow(client, generation_id) == events


async def test_an_old_answer_is_marked_interrupted_and_can_be_continued(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(generations={"resume_seconds": 0})
    async with serving(settings, ScriptedEngine(delay=0.01)) as first, first.client() as client:
        await first.services.engine.wait_ready()
        seen = await begin(client, first.engine, 9)
    async with serving(settings) as second, second.client() as client:
        events = await follow(client, seen[0]["data"]["generation_id"])
        check(events)
        assert (events[-1]["event"], events[-1]["data"]["code"]) == ("error", "interrupted")
        assert await stored(settings, seen) == ("interrupted", text_of(events))
        await second.services.engine.wait_ready()
        message_id = seen[0]["data"]["message_id"]
        async with client.stream("POST", f"/api/messages/{message_id}/continue") as response:
            more = [event async for event in read_events(response)]
        check(more)
        assert text_of(more) == UNDISTURBED
        assert await stored(settings, seen) == ("done", UNDISTURBED)


async def test_a_second_process_on_the_same_data_leaves_the_first_alone(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    async with serving(settings, ScriptedEngine(delay=0.01)) as first, first.client() as client:
        await first.services.engine.wait_ready()
        seen = await begin(client, first.engine, 9)
        async with serving(settings):
            assert (await stored(settings, seen))[0] in ("queued", "running")
        first.engine.gate.set()
        assert text_of(await follow(client, seen[0]["data"]["generation_id"])) == UNDISTURBED


async def test_what_nobody_watches_is_stopped_in_the_end(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(generations={"detach_seconds": 1})
    async with serving(settings, ScriptedEngine(delay=0.01)) as served, served.client() as client:
        await served.services.engine.wait_ready()
        seen = await begin(client, served.engine, 6)
        task = next(iter(served.services.generations.running_in(UUID(seen[0]["data"]["conversation_id"])))).task
        assert task is not None
        await asyncio.wait_for(asyncio.shield(task), 10)
        assert (await stored(settings, seen))[0] == "cancelled"
        assert 'chat_aborted_total{reason="detached"}' in (await client.get("/metrics")).text


async def test_sigterm_lets_short_answers_finish(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.delay = 0.02
    events: list[dict[str, Any]] = []
    async with client.stream("POST", "/api/chat", json=LONG) as response:
        async for event in read_events(response):
            events.append(event)
            if len(events) == 6:
                served.server.should_exit = True
    assert events[-1]["event"] == "done"
    await asyncio.wait_for(asyncio.shield(served.stopped), 10)


async def test_sigterm_closes_the_streams_of_long_ones_without_an_end(
    served: Served, client: httpx.AsyncClient
) -> None:
    served.engine.delay = 0.02
    events = []
    body = {"content": "안녕", "params": {"max_tokens": 4000, "ignore_eos": True}}
    async with client.stream("POST", "/api/chat", json=body) as response:
        async for event in read_events(response):
            events.append(event)
            if len(events) == 6:
                served.server.should_exit = True
    assert events[-1]["event"] == "delta"
    await asyncio.wait_for(asyncio.shield(served.stopped), 15)
    assert await stored(served.services.settings, events) == ("interrupted", text_of(events))


async def stored(settings: Settings, events: list[dict[str, Any]]) -> tuple[str, str]:
    """Status and text in the database."""
    database = Database(settings)
    async with database.transaction() as db:
        row = await db.get(Message, UUID(events[0]["data"]["message_id"]))
    await database.close()
    assert row is not None
    return row.status, row.content
