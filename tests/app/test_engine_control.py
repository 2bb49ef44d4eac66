"""Pausing, draining and restarting an engine: nobody loses a request, and everybody is told the truth."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.config import Settings
from engine.errors import EngineConfigError
from tests.app.serving import Served, chat, read_events, serving, text_of
from tests.app.several_models import several_models
from tests.scripted_engine import REPLY


async def order(client: httpx.AsyncClient, action: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/admin/engine/{action}", json=body)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


async def queue_becomes(client: httpx.AsyncClient, queue: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            model: dict[str, Any] = (await client.get("/api/admin/engine")).json()["models"][0]
            if model["queue"] == queue:
                return model
            await asyncio.sleep(0.02)


@asynccontextmanager
async def asking(client: httpx.AsyncClient, content: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    async with client.stream("POST", "/api/chat", json={"content": content}) as response:
        yield read_events(response)


async def rest_of(events: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event async for event in events]


async def paused_gauge(client: httpx.AsyncClient) -> str:
    page = (await client.get("/metrics")).text
    return next(line for line in page.splitlines() if line.startswith('chat_model_paused{model="scripted"}'))[-3:]


async def test_while_paused_running_answers_end_and_new_ones_wait(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.gate.clear()
    async with asking(client, "running") as running, asking(client, "waiting") as waiting:
        await anext(running)
        async with asyncio.timeout(20):
            while not served.engine.running:
                await asyncio.sleep(0.01)
        assert (await order(client, "drain"))["queue"] == "draining"
        async with served.client("lee@example.com") as lee, asking(lee, "new") as new:
            told = (await anext(new))["data"]
            assert (told["paused"], told["eta_ms"], told["position"] > 0) == (True, None, True)
            assert await paused_gauge(client) == "1.0"
            served.engine.gate.set()
            assert text_of(await rest_of(running)) == REPLY
            # `waiting` was inside when the queue closed.
            assert text_of(await rest_of(waiting)) == REPLY
            drained = await queue_becomes(client, "drained")
            assert (drained["running"], drained["waiting"]) == (0, 1)
            assert (await order(client, "resume"))["queue"] == "open"
            later = await rest_of(new)
    assert (text_of(later), later[-1]["event"]) == (REPLY, "done")
    assert await paused_gauge(client) == "0.0"


async def test_who_waits_may_stop(served: Served, client: httpx.AsyncClient) -> None:
    await order(client, "pause", model="default")
    async with asking(client, "stopped") as waiting:
        queued = (await anext(waiting))["data"]
        assert (await client.delete(f"/api/generations/{queued['generation_id']}")).status_code == 204
        assert (await rest_of(waiting))[-1]["data"]["finish_reason"] == "cancelled"
    await order(client, "resume")
    assert text_of(await chat(client)) == REPLY


async def test_a_restart_waits_for_running_answers_and_then_serves_the_waiting(
    served: Served, client: httpx.AsyncClient
) -> None:
    served.engine.gate.clear()
    async with asking(client, "running") as running, served.client("lee@example.com") as lee:
        await anext(running)
        assert (await order(client, "restart"))["queue"] == "restarting"
        async with asking(lee, "new") as new:
            assert (await anext(new))["data"]["paused"]
            served.engine.gate.set()
            ended = await rest_of(running)
            assert (text_of(ended), "resuming" in [event["event"] for event in ended]) == (REPLY, False)
            assert text_of(await rest_of(new)) == REPLY
    assert (await queue_becomes(client, "open"))["restarts"] == 1
    page = (await client.get("/metrics")).text
    # The alert of a lost engine looks at the former.
    for line in ('chat_engine_restarts_total{reason="lost"} 0.0', 'chat_engine_restarts_total{reason="asked"} 1.0'):
        assert line in page


async def test_an_answer_longer_than_the_wait_goes_on_after_the_restart(
    served: Served, client: httpx.AsyncClient
) -> None:
    served.engine.delay = 0.05
    async with asking(client, "long") as running:
        async for event in running:
            if event["event"] == "delta":
                break
        served.engine.may_start.clear()
        await order(client, "restart", wait_seconds=0)
        later = [event]
        async for event in running:
            later.append(event)
            if event["event"] == "resuming":
                served.engine.may_start.set()
    assert "resuming" in [event["event"] for event in later]
    assert (text_of(later), later[-1]["event"]) == (REPLY, "done")


async def test_an_engine_that_does_not_come_back_keeps_its_queue(served: Served, client: httpx.AsyncClient) -> None:
    start = served.engine.start

    async def refuse(report: Any) -> None:
        raise EngineConfigError("no such file")

    served.engine.start = refuse  # type: ignore[method-assign]
    await order(client, "restart")
    assert (await queue_becomes(client, "drained"))["stage"] == "failed"
    async with asking(client, "patient") as waiting:
        assert (await anext(waiting))["data"]["paused"]
        served.engine.start = start  # type: ignore[method-assign]
        await order(client, "restart")
        assert text_of(await rest_of(waiting)) == REPLY


async def test_a_full_paused_queue_refuses(make_settings: Callable[..., Settings]) -> None:
    async with serving(make_settings(queue={"max_waiting": 0})) as served, served.client() as kim:
        await served.services.engine.wait_ready()
        await order(kim, "pause")
        answer = await kim.post("/api/chat", json={"content": "one too many"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "queue_full")
        assert answer.headers["retry-after"] == "30"


async def test_one_of_several_models_and_what_is_refused(make_settings: Callable[..., Settings]) -> None:
    async with several_models(make_settings) as world:
        await world.ready("near", "far")
        assert (await order(world.client, "pause", model="near"))["name"] == "near"
        states = (await world.client.get("/api/admin/engine")).json()["models"]
        assert [one["queue"] for one in states] == ["open", "paused", "open"]
        assert text_of(await chat(world.client)) == REPLY
        async with world.client.stream("POST", "/api/chat", json={"content": "hi", "model": "near"}) as response:
            events = read_events(response)
            assert (await anext(events))["data"]["paused"]
            await order(world.client, "resume", model="near")
            assert text_of(await rest_of(events)) == "nah"
        for action, body, status, code in (
            ("restart", {"model": "near"}, 409, "engine_elsewhere"),
            ("pause", {"model": "nobody"}, 404, "model_not_found"),
            ("restart", {"wait_seconds": -1}, 422, "invalid_request"),
            ("melt", {}, 422, "invalid_request"),
        ):
            answer = await world.client.post(f"/api/admin/engine/{action}", json=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_only_administrators_and_every_order_is_in_the_audit_log(
    served: Served, client: httpx.AsyncClient
) -> None:
    async with served.client("lee@example.com") as lee:
        assert (await lee.post("/api/admin/engine/pause")).status_code == 403
    for action in ("pause", "drain", "resume", "restart"):
        await order(client, action)
    await queue_becomes(client, "open")
    items = (await client.get("/api/admin/audit")).json()["items"]
    ours = [(one["action"], one["detail"]) for one in items if one["action"].startswith("engine.")]
    assert [action for action, _ in ours] == ["engine.restarted", "engine.resumed", "engine.drained", "engine.paused"]
    assert {detail["model"] for _, detail in ours} == {"scripted"}
