"""Several models: chosen by name, each with its own queue and health, with fallbacks."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from app.config import Settings, SettingsError, load_settings
from tests.app.serving import chat, serving, text_of
from tests.app.several_models import World, answer_of, several_models
from tests.scripted_engine import REPLY
from tests.scripted_remote import KEY, refused, scripted_remote
from tests.scripted_remote import REPLY as FAR_REPLY


@pytest.fixture
async def world(make_settings: Callable[..., Settings]) -> AsyncIterator[World]:
    async with several_models(make_settings) as three:
        yield three


async def test_a_model_is_chosen_by_name_and_kept(world: World) -> None:
    await world.ready("near", "far")
    events = await chat(world.client, model="far")
    assert text_of(events) == FAR_REPLY
    assert world.far.bodies[-1]["model"] == "Org/Far-7B"
    assert (await answer_of(world.client, events))["model"] == "far"
    conversation_id = events[0]["data"]["conversation_id"]
    # The conversation stays with it; another model once is not for ever.
    assert text_of(await chat(world.client, conversation_id=conversation_id)) == FAR_REPLY
    assert text_of(await chat(world.client, conversation_id=conversation_id, model="scripted")) == REPLY
    assert text_of(await chat(world.client, conversation_id=conversation_id)) == FAR_REPLY
    patched = await world.client.patch(f"/api/conversations/{conversation_id}", json={"model": "near"})
    assert patched.json()["model"] == "near"
    assert text_of(await chat(world.client, conversation_id=conversation_id)) == "nah"
    await world.client.patch(f"/api/conversations/{conversation_id}", json={"model": None})
    events = await chat(world.client, conversation_id=conversation_id)
    assert text_of(events) == REPLY
    async with world.client.stream(
        "POST", f"/api/messages/{events[0]['data']['message_id']}/regenerate", headers={"Accept": "application/json"}
    ) as response:
        assert REPLY in (await response.aread()).decode()
    assert text_of(await chat(world.client)) == REPLY
    metrics = (await world.client.get("/metrics")).text
    assert 'chat_requests_total{model="far",status="done"}' in metrics
    assert 'chat_model_up{model="near"} 1.0' in metrics


async def test_an_unknown_model_is_not_found(world: World) -> None:
    answer = await world.client.post("/api/chat", json={"content": "안녕", "model": "missing"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    conversation_id = (await chat(world.client))[0]["data"]["conversation_id"]
    answer = await world.client.patch(f"/api/conversations/{conversation_id}", json={"model": "missing"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_a_failure_before_the_first_token_goes_down_the_chain(world: World) -> None:
    await world.ready("near", "far")
    world.near.broken = refused(500)
    events = await chat(world.client, model="near")
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert (text_of(events), events[-1]["event"]) == (FAR_REPLY, "done")
    assert (await answer_of(world.client, events))["model"] == "far"
    assert {event["data"]["generation_id"] for event in events if event["event"] == "queued"} == {
        events[0]["data"]["generation_id"]
    }
    world.far.broken = refused(500)
    events = await chat(world.client, model="near")
    assert text_of(events) == REPLY
    assert (await answer_of(world.client, events))["model"] == "scripted"
    backends = world.served.services.backends
    assert [(one.admission.running, one.admission.waiting) for one in backends.all()] == [(0, 0)] * 3


async def test_a_model_that_is_down_fails_fast_or_falls_back_and_readiness_stays(
    make_settings: Callable[..., Settings],
) -> None:
    nobody = "http://127.0.0.1:1/v1"
    models = [{"name": "gone", "base_url": nobody}, {"name": "lucky", "base_url": nobody, "fallback": "default"}]
    async with serving(make_settings(models=models)) as served, served.client() as client:
        await served.services.engine.wait_ready()
        async with asyncio.timeout(10):
            while not served.services.backends.by_name("gone").supervisor.failing:
                await asyncio.sleep(0.01)
        answer = await client.post("/api/chat", json={"content": "안녕", "model": "gone"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert "127.0.0.1" not in answer.text
        assert text_of(await chat(client, model="lucky")) == REPLY
        assert (await client.get("/readyz")).status_code == 200
        assert 'chat_requests_total{model="gone",status="refused"} 1.0' in (await client.get("/metrics")).text


async def test_an_answer_of_a_remote_model_goes_on_there_after_a_restart(
    make_settings: Callable[..., Settings],
) -> None:
    async with scripted_remote() as remote:
        remote.models = [{"id": "far"}]
        settings = make_settings(models=[{"name": "far", "base_url": remote.url, "api_key": KEY}])
        async with serving(settings) as first, first.client() as client:
            await first.services.backends.by_name("far").supervisor.wait_ready()
            remote.gate.clear()
            async with client.stream("POST", "/api/chat", json={"content": "안녕", "model": "far"}) as response:
                async for line in response.aiter_lines():
                    if line == "event: started":
                        break
        remote.gate.set()
        async with serving(settings) as second, second.client() as client:
            conversation = (await client.get("/api/conversations")).json()["items"][0]
            messages = f"/api/conversations/{conversation['id']}/messages"
            async with asyncio.timeout(10):
                while (answer := (await client.get(messages)).json()["items"][1])["status"] != "done":
                    await asyncio.sleep(0.02)
            assert (answer["content"], answer["model"]) == (FAR_REPLY, "far")
            assert second.engine.prompts == []


@pytest.mark.parametrize(
    ("models", "faults"),
    [
        ([("a", None), ("a", None)], ["the name 'a' is given twice"]),
        ([("a", "b")], ["the fallback 'b' of 'a' names no model"]),
        ([("a", "b"), ("b", "c"), ("c", "a")], ["the fallbacks go in a circle: a -> b -> c -> a"]),
        ([("z", "z")], ["the fallbacks go in a circle: z -> z"]),
        ([("auto", None)], ["the name 'auto' is that of the first engine"]),
        ([("a", "b"), ("b", "default"), ("c", "b")], []),
    ],
)
def test_names_and_fallbacks_are_checked_at_start(
    models: list[tuple[str, str | None]], faults: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [{"name": name, "base_url": "http://gpu/v1", "fallback": fallback} for name, fallback in models]
    monkeypatch.delenv("CHAT_MODELS", raising=False)
    if not faults:
        assert len(load_settings(models=given).models) == len(given)
        return
    with pytest.raises(SettingsError) as caught:
        load_settings(models=given)
    assert str(caught.value).splitlines() == [f"CHAT_MODELS: {fault}" for fault in faults]
