"""The request log: one row for each generation and each refusal, written a moment later, never lost in between."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from app.config import Settings
from app.db import new_id
from app.request_log import repository
from app.request_log.repository import Filter
from app.request_log.service import RequestLogService
from engine.errors import EngineError
from tests.app.request_rows import database, row
from tests.app.serving import Served, chat, read_events, serving
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
    for since in ("2026-01-01", "0001-01-01T00:00:00+23:00"):
        assert (await client.get("/api/admin/requests", params={"since": since})).status_code == 422
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


async def test_the_hot_path_does_not_wait_for_it(make_settings: Callable[..., Settings]) -> None:
    """The end of an answer is seen while the request log cannot be written."""
    async with serving(make_settings()) as served, served.client() as client:
        service: RequestLogService = served.services.request_log
        async with service.batches._writing:
            events = await chat(client)
            assert events[-1]["event"] == "done"
        assert [item["id"] for item in await rows(client)] == [events[0]["data"]["generation_id"]]
        assert UUID(events[0]["data"]["generation_id"])
