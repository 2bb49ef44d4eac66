"""The system prompt and the model of new conversations: set by administrators, taken where nothing is chosen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from app.config import Settings
from app.defaults import service
from app.defaults.schemas import DefaultsView
from app.errors import Unavailable
from tests.app.serving import Served, chat, serving
from tests.scripted_engine import ScriptedEngine
from tests.scripted_remote import KEY, scripted_remote

PROMPT = "한국어로 짧게 답하세요."


async def put(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.put("/api/admin/defaults", json=body)


async def conversation(client: httpx.AsyncClient, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/api/conversations/{id_}")).json()
    return found


async def begin(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    """The conversation that a first message makes."""
    return await conversation(client, (await chat(client, "hello", **body))[0]["data"]["conversation_id"])


def asked(engine: ScriptedEngine) -> list[tuple[str, str]]:
    return [(turn.role, turn.content) for turn in engine.prompts[-1].messages]


async def test_a_new_conversation_takes_the_prompt_and_keeps_it(served: Served, client: httpx.AsyncClient) -> None:
    before = await begin(client)
    assert (await put(client, system_prompt=PROMPT)).status_code == 200
    begun = await begin(client)
    assert begun["system_prompt"] == PROMPT
    assert asked(served.engine) == [("system", PROMPT), ("user", "hello")]
    made = (await client.post("/api/conversations", json={"title": "x"})).json()
    assert made["system_prompt"] == PROMPT
    await put(client, system_prompt="another")
    assert (await conversation(client, begun["id"]))["system_prompt"] == PROMPT
    # It is not put into what had begun before.
    assert (await conversation(client, before["id"]))["system_prompt"] is None


async def test_what_is_chosen_counts(served: Served, client: httpx.AsyncClient) -> None:
    await put(client, system_prompt=PROMPT)
    own = await begin(client, settings={"system_prompt": "mine"})
    assert own["system_prompt"] == "mine"
    none = await begin(client, settings={"system_prompt": "", "params": {"temperature": 0.5}})
    assert (none["system_prompt"], none["params"]) == ("", {"temperature": 0.5})
    assert asked(served.engine) == [("user", "hello")]
    # Back to the default, as it is now.
    changed = await client.patch(f"/api/conversations/{own['id']}", json={"system_prompt": None})
    assert changed.json()["system_prompt"] == PROMPT
    renamed = await client.patch(f"/api/conversations/{none['id']}", json={"title": "x"})
    assert renamed.json()["system_prompt"] == ""


async def test_administrators_set_them_and_it_is_recorded(served: Served, client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/admin/defaults")).json() == {
        "system_prompt": None, "model": None, "model_offered": True, "changed_at": None,
    }  # fmt: skip
    await put(client, system_prompt=PROMPT, model="scripted")
    found = (await client.get("/api/admin/defaults")).json()
    # The first model is the first, whatever it will be called.
    assert (found["system_prompt"], found["model"], found["model_offered"]) == (PROMPT, None, True)
    [row] = (await client.get("/api/admin/audit", params={"action": "defaults.changed"})).json()["items"]
    assert row["detail"] == {"model": None, "system_prompt_chars": len(PROMPT)}
    await put(client, system_prompt="  ")
    assert (await client.get("/api/admin/defaults")).json()["system_prompt"] is None
    assert (await put(client, model="gone")).status_code == 404
    for body in ({"system_prompt": "x" * 20_001}, {"temperature": 1}, {"model": ""}):
        assert (await put(client, **body)).status_code == 422
    async with served.client("lee@example.com") as lee:
        assert (await lee.get("/api/admin/defaults")).status_code == 403
        assert (await put(lee, system_prompt="x")).status_code == 403


@pytest.fixture
async def two_models(make_settings: Callable[..., Settings]) -> AsyncIterator[Callable[[bool], Any]]:
    """`two_models(True)` serves a second model, `two_models(False)` no longer; on one database."""
    async with scripted_remote() as remote:
        entry = [{"name": "big", "base_url": remote.url, "api_key": KEY}]
        yield lambda both: serving(make_settings(models=entry if both else []))


async def test_the_default_model_and_one_that_is_gone(two_models: Callable[[bool], Any]) -> None:
    async with two_models(True) as served, served.client() as client:
        await served.services.engine.wait_ready()
        assert (await put(client, model="big")).json()["model"] == "big"
        assert (await client.post("/api/conversations", json={})).json()["model"] == "big"
        begun = await begin(client)
        assert begun["model"] == "big"
        assert (await begin(client, model="default"))["model"] is None
        assert (await begin(client, model="scripted"))["model"] == "scripted"
    async with two_models(False) as served, served.client() as client:
        await served.services.engine.wait_ready()
        found = (await client.get("/api/admin/defaults")).json()
        assert (found["model"], found["model_offered"]) == ("big", False)
        fallen = await begin(client)
        assert fallen["model"] is None
        messages = (await client.get(f"/api/conversations/{fallen['id']}/messages")).json()["items"]
        assert messages[1]["model"] == "scripted"


async def test_another_server_has_them_a_second_later(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings()
    async with serving(settings) as one, one.client() as first, serving(settings) as other:
        async with other.client() as second:
            monkeypatch.setattr(service, "monotonic", lambda: 100.0)
            assert (await begin(second))["system_prompt"] is None
            await put(first, system_prompt=PROMPT)
            assert (await begin(first))["system_prompt"] == PROMPT
            monkeypatch.setattr(service, "monotonic", lambda: 100.0 + service.KEEP_SECONDS)
            assert (await begin(second))["system_prompt"] == PROMPT


async def test_conversations_that_begin_together_read_them_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "monotonic", lambda: 100.0)
    defaults = served.services.defaults
    engine = served.services.db.engine.sync_engine
    read: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        read.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        together = await asyncio.gather(*(defaults.in_force() for _ in range(20)))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len([one for one in read if "FROM chat_defaults" in one]) == 1
    assert len({one.model_dump_json() for one in together}) == 1


async def test_who_waits_for_a_reading_that_fails_is_told_with_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that hangs is asked once for all of them, not for one after the other."""
    defaults, begun = served.services.defaults, 0
    monkeypatch.setattr(service, "monotonic", lambda: 100.0)

    async def away() -> DefaultsView:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0)
        raise Unavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(defaults, "_read", away)
        told = await asyncio.gather(*(defaults.in_force() for _ in range(20)), return_exceptions=True)
    assert {type(one) for one in told} == {Unavailable}
    assert begun == 1
    assert (await defaults.in_force()).system_prompt is None
