"""The request log: one row for each generation and each refusal, written a moment later, never lost in between."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client import Counter
from sqlalchemy import text

from app.batches import Batches
from app.config import Settings
from app.db import Database, new_id
from app.errors import Unavailable
from app.request_log import partitions, repository
from app.request_log.repository import Filter
from app.request_log.service import RequestLogService
from engine.errors import EngineError
from tests.app.serving import Served, chat, read_events, serving
from tests.conftest import migrated
from tests.scripted_engine import ScriptedEngine


async def rows(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """Newest first."""
    answer = await client.get("/api/admin/requests", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_generation_is_one_row(served: Served, client: httpx.AsyncClient) -> None:
    before = datetime.now(UTC)
    async with client.stream("POST", "/api/chat", json={"content": "하나 둘 셋"}) as response:
        events = [event async for event in read_events(response)]
    (row,) = await rows(client)
    done = events[-1]["data"]
    assert row["id"] == events[0]["data"]["generation_id"]
    assert row["request_id"] == response.headers["X-Request-ID"]
    assert row["user_id"] == (await client.get("/api/users/me")).json()["id"]
    assert (row["route"], row["model"], row["status"]) == ("/api/chat", "scripted", "done")
    for name in ("prompt_tokens", "completion_tokens", "cached_tokens"):
        assert row[name] == done["usage"][name]
    for name in ("queue_ms", "ttft_ms", "total_ms"):
        assert row[name] == done["timing"][name]
    assert row["prompt_tokens"] == 3
    assert row["key_id"] is None
    assert row["error_code"] is None
    assert before - timedelta(seconds=1) < datetime.fromisoformat(row["at"]) < datetime.now(UTC)


async def test_keys_errors_and_stops_are_named(served: Served, client: httpx.AsyncClient) -> None:
    key = (await client.post("/api/keys", json={"name": "program"})).json()
    async with httpx.AsyncClient(base_url=served.url, headers={"x-api-key": key["key"]}) as program:
        await chat(program)
    assert (await rows(client))[0]["key_id"] == key["id"]
    served.engine.failure = EngineError("broken")
    await chat(client)
    assert [(row["status"], row["error_code"]) for row in (await rows(client))[:1]] == [("error", "engine_error")]
    served.engine.failure = None
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
        stream = read_events(response)
        generation = (await anext(stream))["data"]["generation_id"]
        stop = asyncio.create_task(client.delete(f"/api/generations/{generation}"))
        assert [event["event"] async for event in stream][-1] == "done"
        await stop
    served.engine.gate.set()
    newest = (await rows(client))[0]
    assert (newest["id"], newest["status"]) == (generation, "cancelled")
    assert {row["status"] for row in await rows(client, status="error")} == {"error"}
    assert len(await rows(client, model="scripted")) == 3
    assert await rows(client, model="other") == []
    assert await rows(client, since=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == []
    assert (await client.get("/api/admin/requests", params={"since": "2026-01-01"})).status_code == 422
    assert (await client.get("/api/admin/requests", params={"model": "\x00"})).status_code == 422


async def test_refusals_are_rows_too(make_settings: Callable[..., Settings], database_url: str) -> None:
    settings = make_settings(
        database={"url": database_url}, limits={"concurrent": 2}, queue={"max_waiting": 0}, engine={"max_num_seqs": 1}
    )
    async with serving(settings, ScriptedEngine(slots=1)) as served, served.client() as kim:
        await served.services.engine.wait_ready()
        too_long = await kim.post("/api/chat", json={"content": "말 " * 9000})
        served.engine.gate.clear()
        running = asyncio.create_task(chat(kim))
        while served.services.generations.admission.running < 1:
            await asyncio.sleep(0.01)
        full = await kim.post("/api/chat", json={"content": "안녕"})
        served.engine.gate.set()
        await running
        # One row each, beside the one of the answer; a 404 is no refusal.
        assert (await kim.post("/api/chat", json={"content": "x", "model": "no-such"})).status_code == 404
        found = await rows(kim, status="refused")
        assert [(row["error_code"], row["request_id"]) for row in found] == [
            ("queue_full", full.headers["X-Request-ID"]),
            ("context_length_exceeded", too_long.headers["X-Request-ID"]),
        ]
        assert len(await rows(kim)) == 3
        metrics = (await kim.get("/metrics")).text
    assert 'chat_requests_total{model="scripted",status="refused"}' in metrics


async def test_only_administrators_see_it(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client("lee@example.com") as lee:
        for path in ("requests", "usage", "audit"):
            assert (await lee.get(f"/api/admin/{path}")).status_code == 403


async def test_usage_is_summed(served: Served, client: httpx.AsyncClient) -> None:
    kim, lee = new_id(), new_id()
    day = datetime.now(UTC).replace(hour=23, minute=59, second=59) - timedelta(days=3)
    async with served.services.db.transaction() as db:
        await repository.add(
            db,
            [
                row(day, user_id=kim, prompt_tokens=5, completion_tokens=7, cached_tokens=2),
                row(day + timedelta(seconds=2), user_id=kim, prompt_tokens=1, completion_tokens=1),
                row(day, user_id=lee, prompt_tokens=100, completion_tokens=1, model="other"),
                row(day, user_id=lee, status="refused", model=None),
                row(day, user_id=lee, status="error"),
            ],
        )

    async def usage(**query: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await client.get("/api/admin/usage", params=query)).json()["items"]
        return items

    by_user = await usage()
    assert [item["key"] for item in by_user] == [str(lee), str(kim)]
    assert by_user[0] | {"key": None} == {
        "key": None,
        "requests": 3,
        "refused": 1,
        "failed": 1,
        "prompt_tokens": 100,
        "completion_tokens": 1,
        "cached_tokens": 0,
    }
    assert by_user[1]["cached_tokens"] == 2
    assert {item["key"]: item["requests"] for item in await usage(group="model")} == {"other": 1, "m": 3, None: 1}
    days = await usage(group="day")
    assert [(item["key"], item["requests"]) for item in days] == [
        (f"{day:%Y-%m-%d}", 4),
        (f"{day + timedelta(days=1):%Y-%m-%d}", 1),
    ]
    assert len(await usage(group="day", until=day.isoformat())) == 0
    assert len(await usage(group="day", since=(day + timedelta(seconds=1)).isoformat())) == 1
    first = (await client.get("/api/admin/requests", params={"limit": 3})).json()
    rest = (await client.get("/api/admin/requests", params={"limit": 3, "cursor": first["next"]})).json()
    ids = [item["id"] for item in first["items"] + rest["items"]]
    assert len(set(ids)) == 5
    assert rest["next"] is None


def row(at: datetime, **values: Any) -> dict[str, Any]:
    """A row as the service makes it."""
    empty = {"prompt_tokens": 0, "completion_tokens": 0, "cached_tokens": 0, "user_id": None, "status": "done"}
    return {"id": new_id(), "at": at, "route": "/api/chat", "model": "m"} | empty | values


class Shelf:
    """A table that can be away."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.calls: list[int] = []
        self.away = False
        self.wrong = False
        self.come = asyncio.Event()

    async def write(self, rows: Sequence[dict[str, Any]]) -> None:
        self.calls.append(len(rows))
        if self.away:
            self.come.set()
            raise Unavailable("away")
        if self.wrong:
            raise ValueError("cannot be stored")
        self.rows += rows


@pytest.fixture
def dropped() -> Counter:
    return Counter("test_dropped_total", "For one test", registry=None)


def count(counter: Counter) -> float:
    return next(iter(counter.collect())).samples[0].value


async def test_a_database_that_is_away_delays_and_loses_nothing(dropped: Counter) -> None:
    shelf = Shelf()
    batches = Batches("test", shelf.write, dropped)
    shelf.away = True
    writing = asyncio.create_task(batches.run())
    for number in range(1200):
        batches.put({"n": number})
    await asyncio.wait_for(shelf.come.wait(), 10)
    with pytest.raises(Unavailable):
        await batches.flush()
    shelf.away = False
    batches.put({"n": 1200})
    writing.cancel()
    await batches.close()
    assert [row["n"] for row in shelf.rows] == list(range(1201))
    assert max(shelf.calls) <= 500, "in batches"
    assert count(dropped) == 0


async def test_the_queue_is_bounded_and_counts_what_it_drops(dropped: Counter) -> None:
    shelf = Shelf()
    batches = Batches("test", shelf.write, dropped, max_waiting=10)
    for number in range(25):
        batches.put({"n": number})
    await batches.flush()
    assert [row["n"] for row in shelf.rows] == list(range(15, 25))
    assert count(dropped) == 15
    shelf.away = True
    batches.put({"n": 25})
    await batches.close()
    assert count(dropped) == 16


async def test_rows_that_cannot_be_stored_do_not_stand_in_the_way(dropped: Counter) -> None:
    shelf = Shelf()
    batches = Batches("test", shelf.write, dropped)
    shelf.wrong = True
    batches.put({"n": 1})
    await batches.flush()
    shelf.wrong = False
    batches.put({"n": 2})
    await batches.flush()
    assert [row["n"] for row in shelf.rows] == [2]
    assert count(dropped) == 1


async def test_rows_written_twice_are_there_once(make_settings: Callable[..., Settings], database_url: str) -> None:
    async with database(make_settings, database_url) as db:
        twice = [row(datetime.now(UTC)), row(datetime.now(UTC))]
        for _ in range(2):
            async with db.transaction() as session:
                await repository.add(session, twice)
        async with db.reading() as session:
            assert len(await repository.page(session, Filter(), None, 10)) == 2


async def test_rows_are_written_at_shutdown(make_settings: Callable[..., Settings], database_url: str) -> None:
    settings = make_settings(database={"url": database_url})
    async with serving(settings) as served, served.client() as client:
        await chat(client)
    async with serving(settings) as served, served.client() as client:
        assert len(await rows(client)) == 1


async def test_a_resumed_answer_keeps_where_it_came_from(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    async with serving(settings) as served, served.client() as client:
        await served.services.engine.wait_ready()
        served.engine.gate.clear()
        async with client.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
            generation = (await anext(read_events(response)))["data"]["generation_id"]
            request_id = response.headers["X-Request-ID"]
            await served.stop()
    async with serving(settings) as served, served.client() as client:
        await served.services.engine.wait_ready()
        async with client.stream("GET", f"/api/generations/{generation}/events") as response:
            assert [event["event"] async for event in read_events(response)][-1] == "done"
        (found,) = await rows(client)
        assert (found["id"], found["request_id"], found["route"]) == (generation, request_id, "/api/chat")


class database:
    """A migrated database for one test."""

    def __init__(self, make_settings: Callable[..., Settings], url: str) -> None:
        self._settings = make_settings(database={"url": url})

    async def __aenter__(self) -> Database:
        self._db = Database(await migrated(self._settings))
        return self._db

    async def __aexit__(self, *_: object) -> None:
        await self._db.close()


async def test_each_month_has_its_partition(make_settings: Callable[..., Settings], postgres_url: Any) -> None:
    """Also the rows that came before it, and none is lost when two processes do it at once."""
    async with database(make_settings, postgres_url()) as db:
        at = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
        early = [row(at), row(at + timedelta(minutes=2)), row(at + timedelta(days=400))]
        async with db.transaction() as session:
            await repository.add(session, early)
        assert await partition_sizes(db) == {"request_logs_default": 3}

        async def create() -> None:
            async with db.transaction() as session:
                await partitions.create_ahead(session, at)

        await asyncio.gather(create(), create())
        assert await partition_sizes(db) == {
            "request_logs_2026_11": 1,
            "request_logs_2026_12": 1,
            "request_logs_2027_01": 0,
            "request_logs_default": 1,
        }
        async with db.transaction() as session:
            await repository.add(session, [row(at + timedelta(days=40))])
            assert await partitions.drop_before(session, datetime(2026, 12, 31, tzinfo=UTC)) == ["request_logs_2026_11"]
        assert await partition_sizes(db) == {
            "request_logs_2026_12": 1,
            "request_logs_2027_01": 1,
            "request_logs_default": 1,
        }


async def partition_sizes(db: Database) -> dict[str, int]:
    async with db.reading() as session:
        query = text("SELECT tableoid::regclass::text FROM request_logs")
        used = list(await session.scalars(query))
        names = await session.scalars(
            text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'request_logs'::regclass")
        )
        return {name: used.count(name) for name in names}


async def test_the_service_makes_its_partitions_at_start(
    make_settings: Callable[..., Settings], postgres_url: Any
) -> None:
    async with serving(make_settings(database={"url": postgres_url()})) as served, served.client() as client:
        await chat(client)
        await served.services.request_log.batches.flush()
        assert (await partition_sizes(served.services.db))[f"request_logs_{datetime.now(UTC):%Y_%m}"] == 1


def test_months() -> None:
    assert partitions.month_after(datetime(2026, 12, 1, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert partitions.month_after(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(2026, 2, 1, tzinfo=UTC)
    assert partitions.is_partition("request_logs_2026_11")
    assert not partitions.is_partition("request_logs")


async def test_the_hot_path_does_not_wait_for_it(make_settings: Callable[..., Settings]) -> None:
    """The end of an answer is seen while the request log cannot be written."""
    async with serving(make_settings()) as served, served.client() as client:
        service: RequestLogService = served.services.request_log
        async with service.batches._writing:
            events = await chat(client)
            assert events[-1]["event"] == "done"
        assert [item["id"] for item in await rows(client)] == [events[0]["data"]["generation_id"]]
        assert UUID(events[0]["data"]["generation_id"])
