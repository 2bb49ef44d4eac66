"""Tokens and running answers: held, settled, refused, counted once."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import httpx

from app.config import Settings
from tests.app.serving import Served, chat, serving, text_of
from tests.app.test_limits import code, used, user_of
from tests.scripted_engine import ScriptedEngine

Make = Callable[..., Settings]


async def test_tokens_and_places_are_held_while_running_and_settled_at_the_end(served: Served) -> None:
    async with served.client() as admin:
        user = await user_of(admin)
        limits = {"tokens_per_minute": 1000, "tokens_per_day": 1000, "concurrent": 2}
        assert (await admin.put(f"/api/admin/limits/user:{user.id}", json=limits)).status_code == 200
        served.engine.gate.clear()
        running = [asyncio.create_task(chat(admin, "둘 단어", params={"max_tokens": 8})) for _ in range(2)]
        while len(served.engine.running) < 2:
            await asyncio.sleep(0.01)
        concurrent = await used(admin, "concurrent")
        assert (concurrent["used"], concurrent["remaining"], concurrent["reset"]) == (2, 0, None)
        day = await used(admin, "tokens_per_day")
        assert day["held"] == day["used"] > 2 * 10
        refused = await admin.post("/api/chat", json={"content": "안녕"})
        assert code(refused) == (429, "too_many_generations")
        assert int(refused.headers["Retry-After"]) >= 1
        served.engine.gate.set()
        usage = [(await task)[-1]["data"]["usage"] for task in running]
        total = sum(one["prompt_tokens"] + one["completion_tokens"] for one in usage)
        assert total == 2 * (2 + 8)
        for name in ("tokens_per_minute", "tokens_per_day"):
            found = await used(admin, name)
            assert (found["used"], found["held"], found["remaining"]) == (total, 0, 1000 - total)
            assert datetime.fromisoformat(found["resets_at"]).timestamp() == found["reset"] > time.time()
        assert (await used(admin, "tokens_per_day"))["reset"] % 86400 == 0
        assert (await used(admin, "concurrent"))["used"] == 0


async def test_token_limits_refuse_with_the_time_until_there_is_room(served: Served) -> None:
    async with served.client() as admin:
        for name, least, most in [("tokens_per_minute", 50, 60), ("tokens_per_day", 1, 86400)]:
            async with served.client(f"{name}@example.com") as somebody:
                subject = f"/api/admin/limits/user:{(await user_of(somebody)).id}"
                assert (await admin.put(subject, json={name: 5})).status_code == 200
                assert (await chat(somebody))[-1]["event"] == "done"
                refused = await somebody.post("/api/chat", json={"content": "안녕"})
                assert code(refused) == (429, name)
                assert least <= int(refused.headers["Retry-After"]) <= most
                assert (await admin.delete(subject)).status_code == 204
                assert text_of(await chat(somebody))


async def test_what_does_not_start_holds_nothing(served: Served, client: httpx.AsyncClient) -> None:
    assert code(await client.post("/api/chat", json={"content": "말 " * 9000}))[0] == 413
    served.services.generations._closed = True
    assert code(await client.post("/api/chat", json={"content": "안녕"}))[0] == 503
    served.services.generations._closed = False
    assert (await used(client, "concurrent"))["used"] == 0
    assert (await used(client, "tokens_per_day"))["used"] == 0


async def test_stopped_and_failed_answers_are_settled(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.gate.clear()
    running = asyncio.create_task(chat(client))
    while not served.engine.running:
        await asyncio.sleep(0.01)
    (generation_id,) = served.engine.running
    assert (await client.delete(f"/api/generations/{generation_id}")).status_code == 204
    served.engine.gate.set()
    usage = [(await running)[-1]["data"]["usage"]]
    served.engine.failure = ZeroDivisionError("x")  # type: ignore[assignment]
    assert (await chat(client))[-1]["event"] == "error"
    found = await used(client, "tokens_per_day")
    # The failed one had read its prompt of one word.
    assert (found["used"], found["held"]) == (sum(u["prompt_tokens"] + u["completion_tokens"] for u in usage) + 1, 0)
    assert (await used(client, "concurrent"))["used"] == 0


async def test_an_answer_that_goes_on_after_a_restart_is_counted_once(make_settings: Make) -> None:
    from tests.app.test_resume import begin, follow

    settings = make_settings()
    async with serving(settings, ScriptedEngine(delay=0.01)) as first, first.client() as client:
        await first.services.engine.wait_ready()
        seen = await begin(client, first.engine, 9)
    async with serving(settings) as second, second.client() as client:
        events = await follow(client, seen[0]["data"]["generation_id"])
        usage = events[-1]["data"]["usage"]
        found = await used(client, "tokens_per_day")
        assert (found["used"], found["held"]) == (usage["prompt_tokens"] + usage["completion_tokens"], 0) == (41, 0)
