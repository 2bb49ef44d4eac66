"""What goes wrong at a remote server, as clients of ours see it."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from app.config import Settings
from engine.config import EngineConfig
from engine.remote_engine import BREAK_AFTER, RemoteEngine
from tests.app.serving import chat, read_events, serving, text_of
from tests.app.several_models import World, answer_of, several_models
from tests.scripted_remote import KEY, chunk, refused, scripted_remote, sent
from tests.scripted_remote import REPLY as FAR_REPLY


@pytest.fixture
async def world(make_settings: Callable[..., Settings]) -> AsyncIterator[World]:
    async with several_models(make_settings) as three:
        yield three


async def test_usage_is_what_the_remote_server_counts(world: World) -> None:
    await world.ready("near")
    world.near.usage = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 5}}
    events = await chat(world.client, model="near")
    assert events[-1]["data"]["usage"] == {"prompt_tokens": 7, "completion_tokens": 3, "cached_tokens": 5}
    assert (await answer_of(world.client, events))["receipt"]["usage"]["completion_tokens"] == 3


async def test_after_the_first_token_there_is_no_fallback_and_no_going_on(world: World) -> None:
    await world.ready("near", "far")
    world.near.faults = [sent(chunk({"content": "반쪽 "}))]
    events = await chat(world.client, model="near")
    assert (text_of(events), events[-1]["data"]["code"]) == ("반쪽 ", "engine_lost")
    message = await answer_of(world.client, events)
    assert (message["status"], message["content"], message["model"]) == ("interrupted", "반쪽 ", "near")
    answer = await world.client.post(f"/api/messages/{message['id']}/continue")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "cannot_continue")


async def test_what_a_remote_server_refuses_is_said_by_a_code(make_settings: Callable[..., Settings]) -> None:
    faults = [
        (refused(400, "no", code="context_length_exceeded"), "context_length_exceeded", 413),
        (refused(400, "temperature must be lower"), "engine_error", 500),
        (refused(429, headers={"Retry-After": "33"}), "engine_busy", 503),
        (refused(401, f"wrong key {KEY}"), "engine_error", 500),
    ]
    async with scripted_remote() as remote:
        engine = {"kind": "openai", "base_url": remote.url, "api_key": KEY, "model": "big"}
        first = RemoteEngine(EngineConfig.model_validate(engine))
        async with serving(make_settings(engine=engine), first) as served, served.client() as client:  # type: ignore[arg-type]
            await served.services.engine.wait_ready()
            for fault, code, status in faults:
                remote.faults = [fault]
                answer = await client.post(
                    "/api/chat", json={"content": "안녕"}, headers={"Accept": "application/json"}
                )
                assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
                assert KEY not in answer.text
                assert answer.headers.get("Retry-After") == ("33" if code == "engine_busy" else None)
            assert text_of(await chat(client, model="big")) == FAR_REPLY


async def test_a_breaker_opens_and_closes(world: World) -> None:
    await world.ready("near", "far")
    near = world.served.services.backends.by_name("near").supervisor
    world.near.broken = refused(500)
    for _ in range(BREAK_AFTER):
        assert text_of(await chat(world.client, model="near")) == FAR_REPLY
    async with asyncio.timeout(10):
        while near.ready:
            await asyncio.sleep(0.01)
        while not near.failing:
            await asyncio.sleep(0.01)
    asked = len(world.near.bodies)
    assert text_of(await chat(world.client, model="near")) == FAR_REPLY
    # Only probes have asked since.
    assert all(body["messages"] == [{"role": "user", "content": "Hello"}] for body in world.near.bodies[asked:])
    world.near.broken = None
    await asyncio.wait_for(near.wait_ready(), 20)
    assert text_of(await chat(world.client, model="near")) == "nah"


async def test_stop_frees_the_request_over_there(world: World) -> None:
    await world.ready("far")
    body = {"content": "안녕", "model": "far", "params": {"max_tokens": 1000, "ignore_eos": True}}
    async with world.client.stream("POST", "/api/chat", json=body) as response:
        async for event in read_events(response):
            if event["event"] == "queued":
                generation_id = event["data"]["generation_id"]
            elif event["event"] == "delta":
                assert world.far.running == 1
                await world.client.delete(f"/api/generations/{generation_id}")
                break
    await asyncio.wait_for(world.far.closed.wait(), 5)
    assert world.far.running == 0
