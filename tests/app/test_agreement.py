"""One load, told by everything that counts: receipts, request log, Prometheus, usage, history and limits agree."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from app.config import Settings
from engine.errors import EngineError
from tests.app.openai_calls import ALL, scripted_api
from tests.app.serving import Served, chat, serving
from tests.app.test_limits import used

KINDS = ("prompt", "completion", "cached")
TOKENS = tuple(f"{kind}_tokens" for kind in KINDS)
# Of one call of the scripted API.
OPENAI = {"prompt_tokens": 3, "completion_tokens": 3, "cached_tokens": 1}
TIMES = ("chat_ttft_seconds_sum", "chat_ttft_seconds_count", "chat_queue_wait_seconds_sum")
ENDS = {"done": 56, "error": 2, "refused": 2}


@pytest.fixture
async def served(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Served]:
    """Nobody is kept from asking."""
    limits = {"requests": "1000/minute", "concurrent": 100}
    async with serving(make_settings(database={"url": database_url}, limits=limits)) as instance:
        await instance.services.engine.wait_ready()
        yield instance


async def prometheus(client: httpx.AsyncClient) -> dict[str, float]:
    lines = (await client.get("/metrics")).text.splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


async def streamed(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    receipt: dict[str, Any] = (await chat(client, f"question number {number}"))[-1]["data"]
    return receipt


async def waited_for(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    answer = await client.post(
        "/api/chat", json={"content": f"question {number}"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200
    receipt: dict[str, Any] = answer.json()
    return receipt


async def called(client: httpx.AsyncClient, path: str, *, stream: bool) -> dict[str, Any]:
    answer = await client.post(path, json=ALL[path] | {"stream": stream})
    assert answer.status_code == 200
    return {"usage": OPENAI}


async def the_load(served: Served, users: list[httpx.AsyncClient]) -> list[tuple[int, dict[str, Any]]]:
    """Sixty requests of two users through all doors. The receipts of those that ended, with whose they are."""
    async with asyncio.TaskGroup() as group:
        asked = [
            (number % 2, group.create_task((streamed if number < 16 else waited_for)(users[number % 2], number)))
            for number in range(24)
        ]
        asked += [
            (index, group.create_task(called(user, path, stream=stream)))
            for index, user in enumerate(users)
            for path in ALL
            for stream in (True, False, True, False)
        ]
    receipts = [(owner, task.result()) for owner, task in asked]
    served.engine.failure = EngineError("no more")
    for user in users:
        failed = (await chat(user, "this one fails"))[-1]
        assert failed["event"] == "error"
        refused = await user.post("/api/chat", json={"content": "word " * 9000})
        assert refused.status_code == 413
    return receipts


async def test_everything_that_counts_tells_the_same(served: Served) -> None:
    scripted_api(served)
    async with AsyncExitStack() as stack:
        emails = ("first@example.com", "kim@example.com")
        users = [await stack.enter_async_context(served.client(email)) for email in emails]
        admin, before = users[0], await prometheus(users[0])
        receipts = await the_load(served, users)
        # Asked for, rows that are still on their way are written first.
        logged = (await admin.get("/api/admin/requests", params={"limit": 200})).json()["items"]
        after = await prometheus(admin)
        usage = {
            group: (await admin.get("/api/admin/usage", params={"group": group})).json()["items"]
            for group in ("user", "model", "day")
        }
        steps = (await admin.get("/api/admin/history")).json()["steps"]
        overview = (await admin.get("/api/admin/engine")).json()
        spent = [(await used(user, "tokens_per_day"))["used"] for user in users]
        me = [(await user.get("/api/users/me")).json()["id"] for user in users]

    def grown(name: str) -> float:
        return after.get(name, 0.0) - before.get(name, 0.0)

    # Ends.
    assert Counter(row["status"] for row in logged) == ENDS
    assert {end: grown(f'chat_requests_total{{model="scripted",status="{end}"}}') for end in ENDS} == ENDS
    assert [sum(step[end] for step in steps) for end in ("done", "failed", "refused")] == list(ENDS.values())
    for items in usage.values():
        assert [sum(one[end] for one in items) for end in ("requests", "failed", "refused")] == [60, 2, 2]

    # Tokens: what was answered by the receipts, what failed on its way by the request log.
    lost = {name: sum(row[name] for row in logged if row["status"] == "error") for name in TOKENS}
    total = {name: sum(receipt["usage"][name] for _, receipt in receipts) + lost[name] for name in TOKENS}
    assert total["completion_tokens"] > 24 * 14
    assert {name: sum(row[name] for row in logged) for name in TOKENS} == total
    assert {f"{kind}_tokens": grown(f'chat_tokens_total{{kind="{kind}"}}') for kind in KINDS} == total
    for items in usage.values():
        assert {name: sum(one[name] for one in items) for name in TOKENS} == total
    assert sum(step["completion_tokens"] for step in steps) == total["completion_tokens"]
    by_user = {one["key"]: one["prompt_tokens"] + one["completion_tokens"] for one in usage["user"]}
    assert [by_user[id_] for id_ in me] == spent

    # Times: receipts and request log in milliseconds, Prometheus in seconds.
    told = [receipt["timing"]["ttft_ms"] for _, receipt in receipts if "timing" in receipt]
    in_chat = [row["ttft_ms"] for row in logged if row["route"] == "/api/chat" and row["status"] == "done"]
    assert sorted(told) == sorted(in_chat)
    measured = [row["ttft_ms"] for row in logged if row["ttft_ms"] is not None]
    assert grown("chat_ttft_seconds_count") == len(measured)
    assert grown("chat_ttft_seconds_sum") == pytest.approx(sum(measured) / 1000, rel=0.01)
    queued = [row["queue_ms"] for row in logged if row["status"] != "refused"]
    assert grown("chat_queue_wait_seconds_sum") == pytest.approx(sum(queued) / 1000, rel=0.01)

    # Now: nobody is left.
    assert [(one["running"], one["waiting"]) for one in overview["models"]] == [(0, 0)]
    assert overview["active_users"] == len(users)
    assert (after["chat_generations_running"], after["chat_queue_depth"]) == (0, 0)
