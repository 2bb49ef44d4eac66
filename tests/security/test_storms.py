"""Many at once: writers, tabs, and clients that come and go."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import httpx

from app.db import Database
from tests.app.serving import Served, chat, read_events, text_of
from tests.scripted_engine import REPLY


async def test_a_hundred_writers_wait_for_each_other(client: httpx.AsyncClient) -> None:
    """Each reads the row before it writes it, which on SQLite fails at once unless the writer says so beforehand."""
    made = (await client.post("/api/conversations", json={"title": "0"})).json()
    path = f"/api/conversations/{made['id']}"
    answers = await asyncio.gather(*(client.patch(path, json={"title": f"title {n}"}) for n in range(100)))
    assert Counter(answer.status_code for answer in answers) == {200: 100}
    assert (await client.get(path)).json()["title"] in {f"title {n}" for n in range(100)}


async def test_two_tabs_send_at_once(client: httpx.AsyncClient) -> None:
    """Both are answered, and every message has its place under one that was there before it."""
    conversation = (await chat(client, "first"))[0]["data"]["conversation_id"]
    sent = [chat(client, f"tab {n}", conversation_id=conversation) for n in range(6)]
    for events in await asyncio.gather(*sent):
        assert text_of(events) == REPLY
    items = (await client.get(f"/api/conversations/{conversation}/messages?limit=200")).json()["items"]
    assert Counter(item["role"] for item in items) == {"user": 7, "assistant": 7}
    assert {item["status"] for item in items if item["role"] == "assistant"} == {"done"}
    seen = {None}
    for item in items:
        assert item["parent_id"] in seen
        seen.add(item["id"])
    questions = {item["id"] for item in items if item["role"] == "user"}
    assert Counter(item["parent_id"] for item in items if item["role"] == "assistant") == dict.fromkeys(questions, 1)


async def test_a_storm_of_clients_that_leave(served: Served, client: httpx.AsyncClient) -> None:
    """Streams that are opened and dropped: those who come after them are served, and nothing is left behind."""
    database: Database = served.services.db
    stopped = []
    for _ in range(4):
        async with AsyncExitStack() as stack:
            for _ in range(50):
                request = client.stream("POST", "/api/chat", json={"content": "안녕"})
                response = await stack.enter_async_context(request)
                stopped.append((await anext(read_events(response)))["data"]["generation_id"])
        ended = [client.delete(f"/api/generations/{generation_id}") for generation_id in stopped[-50:]]
        assert {answer.status_code for answer in await asyncio.gather(*ended)} == {204}
    for events in await asyncio.gather(*(chat(client) for _ in range(10))):
        assert text_of(events) == REPLY
    async with asyncio.timeout(10):
        while database.engine.pool.checkedout() or served.engine.running:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
    used = (await client.get("/api/users/me/usage")).json()["limits"]
    assert {one["name"]: one["used"] for one in used}["concurrent"] == 0
    conversations = (await client.get("/api/conversations?limit=10")).json()["items"]
    for one in conversations:
        messages = (await client.get(f"/api/conversations/{one['id']}/messages")).json()["items"]
        assert {message["status"] for message in messages} <= {"done", "cancelled"}
