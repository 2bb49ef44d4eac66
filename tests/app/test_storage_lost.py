"""PostgreSQL stops amid streams, hangs, and starts again: answers go on, nobody is signed out, nothing is lost."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from app import db as database
from app.config import Settings
from app.generations import saving
from tests.app.serving import PASSWORD, Served, chat, read_events, serving
from tests.app.storage_world import Events, all_saved, asked, check_stored, ready, until
from tests.rig.postgres import Postgres
from tests.scripted_engine import ScriptedEngine

SHORT = {"params": {"max_tokens": 20, "ignore_eos": True}}


@pytest.fixture
def settings(make_settings: Callable[..., Settings], own_postgres: Postgres) -> Settings:
    return make_settings(database={"url": own_postgres.new_database()})


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request to a PostgreSQL that is not there would wait for its start."""
    monkeypatch.setattr(database, "RESTART_SECONDS", 0.1)


async def refused(call: httpx.Response) -> None:
    """The storage is away: never 401, and when to come back."""
    error = call.json()["error"]
    assert (call.status_code, error["code"]) == (503, "storage_unavailable"), call.text
    assert int(call.headers["Retry-After"]) >= 1


async def everything_is_refused(served: Served, client: httpx.AsyncClient) -> None:
    await refused(await client.post("/api/chat", json={"content": "안녕"}))
    await refused(await client.get("/api/users/me"))
    credentials = {"username": "kim@example.com", "password": PASSWORD}
    await refused(await client.post("/api/auth/jwt/login", data=credentials))
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (503, "unavailable")


async def test_stopped_amid_streams(
    settings: Settings, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "PATIENCE_SECONDS", 0.2)
    engine = ScriptedEngine(delay=0.02)
    async with ready(settings, engine) as (served, client):
        steps: list[int] = []
        streams = [asked(client, lambda event: steps.append(event["id"]), **SHORT) for _ in range(3)]
        await until(lambda: len(steps) > 20)
        engine.gate.clear()
        await asyncio.to_thread(own_postgres.stop_at_once)
        await everything_is_refused(served, client)
        before = len(steps)
        engine.gate.set()
        # Tokens go on to their readers, and so does the end, although it cannot be stored.
        answers: list[Events] = [await stream for stream in streams]
        assert len(steps) > before
        assert [answer[-1]["event"] for answer in answers] == ["done"] * 3
        assert [answer[-1]["data"]["saved"] for answer in answers] == [False] * 3
        await everything_is_refused(served, client)
        await asyncio.to_thread(own_postgres.start)
        await all_saved(served)
        await check_stored(served, *answers)
        assert (await client.get("/readyz")).status_code == 200
        assert "saved" not in (await chat(client))[-1]["data"]
    assert journal_size(settings) == 0


async def test_what_could_not_be_stored_is_stored_by_the_next_process(
    settings: Settings, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that its reader has stopped: it must not be written on."""
    monkeypatch.setattr(saving, "PATIENCE_SECONDS", 0.2)
    engine = ScriptedEngine(delay=0.02)
    async with ready(settings, engine) as (served, client):
        whole_steps: list[int] = []
        whole = asked(client, lambda event: whole_steps.append(event["id"]), **SHORT)
        await until(lambda: len(whole_steps) > 4)
        endless = {"params": {"max_tokens": 4000, "ignore_eos": True}}
        stopped_steps: list[dict[str, Any]] = []
        stopped = asked(client, stopped_steps.append, **endless)
        await until(lambda: len(stopped_steps) > 4)
        await asyncio.to_thread(own_postgres.stop_at_once)
        generation = next(
            one
            for one in served.services.generations._all.values()
            if str(one.id) == stopped_steps[0]["data"]["generation_id"]
        )
        generation.cancel("stop")
        ends = [(await stream)[-1] for stream in (whole, stopped)]
        assert [end["data"]["finish_reason"] for end in ends] == ["length", "cancelled"]
    await asyncio.to_thread(own_postgres.start)
    async with serving(settings, ScriptedEngine()) as second, second.client() as client:
        for stream, status in ((whole, "done"), (stopped, "cancelled")):
            events = await stream
            first = events[0]["data"]
            messages = (await client.get(f"/api/conversations/{first['conversation_id']}/messages")).json()["items"]
            text = "".join(event["data"]["text"] for event in events if event["event"] == "delta")
            assert [(one["status"], one["content"]) for one in messages[1:]] == [(status, text)]
            async with client.stream("GET", f"/api/generations/{first['generation_id']}/events") as response:
                assert (await response.aread()).count(b"\nevent: ") == len(events)
    assert journal_size(settings) == 0


async def test_frozen(settings: Settings, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "PATIENCE_SECONDS", 0.2)
    engine = ScriptedEngine(delay=0.02)
    async with ready(settings, engine) as (served, client):
        steps: list[int] = []
        streams = [asked(client, lambda event: steps.append(event["id"]), **SHORT) for _ in range(3)]
        await until(lambda: len(steps) > 20)
        with own_postgres.frozen(), monkeypatch.context() as impatient:
            impatient.setattr(database, "REACH_SECONDS", 0.5)
            begun = time.monotonic()
            # More at once than there are connections.
            calls = [client.get("/api/users/me") for _ in range(60)]
            for answer in await asyncio.gather(*calls):
                await refused(answer)
            # Half a second to notice, two to let go of the connection; twice that for a slow machine.
            assert time.monotonic() - begun < 2 * (database.REACH_SECONDS + 2)
            assert (await client.get("/healthz")).status_code == 200
            answers = [await stream for stream in streams]
            await everything_is_refused(served, client)
            pool = served.services.db.engine.pool
            assert pool.checkedout() <= 50  # type: ignore[attr-defined]
        await all_saved(served)
        await check_stored(served, *answers)
        assert (await client.get("/api/users/me")).status_code == 200


async def test_started_again_under_ten_clients(settings: Settings, own_postgres: Postgres) -> None:
    async with ready(settings, ScriptedEngine(delay=0.01, slots=10)) as (served, kim):
        statuses: list[int] = []
        answers: list[Events] = []
        restarted = asyncio.Event()

        async def person(number: int) -> None:
            async with httpx.AsyncClient(base_url=served.url, headers=kim.headers, timeout=20) as client:
                client.event_hooks["response"] = [note]
                rounds = 0
                while rounds < 3 or not restarted.is_set():
                    rounds += 1
                    key = {"Idempotency-Key": f"{number}-{rounds}"}
                    answers.append(await asking(client, key))

        async def note(response: httpx.Response) -> None:
            statuses.append(response.status_code)

        async def asking(client: httpx.AsyncClient, headers: dict[str, str]) -> Events:
            """As a client does that heeds Retry-After, only sooner."""
            while True:
                async with client.stream("POST", "/api/chat", json={"content": "안녕"}, headers=headers) as response:
                    if response.status_code == 200:
                        return [event async for event in read_events(response)]
                await asyncio.sleep(0.1)

        people = [asyncio.create_task(person(number)) for number in range(10)]
        await until(lambda: len(answers) >= 10)
        await asyncio.to_thread(own_postgres.stop_at_once)
        await asyncio.to_thread(own_postgres.start)
        restarted.set()
        await asyncio.gather(*people)
        assert set(statuses) <= {200, 503}
        await all_saved(served)
        await check_stored(served, *answers)


async def test_a_short_restart_is_hidden(settings: Settings, own_postgres: Postgres) -> None:
    async with ready(settings, ScriptedEngine()) as (_, client):
        await asyncio.gather(*(client.get("/api/users/me") for _ in range(10)))
        await asyncio.to_thread(own_postgres.stop_at_once)
        await asyncio.to_thread(own_postgres.start)
        # All connections of the pool are dead, and nobody notices.
        answers = await asyncio.gather(*(client.get("/api/users/me") for _ in range(10)))
        assert [answer.status_code for answer in answers] == [200] * 10
        assert (await chat(client))[-1]["event"] == "done"


async def test_requests_wait_for_a_restart(
    settings: Settings, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RESTART_SECONDS", "REACH_SECONDS"):
        monkeypatch.setattr(database, name, 60.0)
    async with ready(settings, ScriptedEngine()) as (served, client):
        await asyncio.to_thread(own_postgres.stop)
        waiting = [asyncio.create_task(chat(client)) for _ in range(5)]
        tried: list[object] = []
        event.listen(served.services.db.engine.sync_engine, "do_connect", lambda *which: tried.append(which))
        await until(lambda: len(tried) > 10)
        await asyncio.to_thread(own_postgres.start)
        assert [(await one)[-1]["event"] for one in waiting] == ["done"] * 5


def journal_size(settings: Settings) -> int:
    return sum(path.stat().st_size for path in (settings.data_dir / "instances" / "0" / "journal").iterdir())
