"""Siblings, regenerating, continuing, and requests that come twice."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from app.config import Settings
from tests.app.serving import Served, chat, parse, read_events, serving, text_of
from tests.scripted_engine import REPLY

JSON = {"Accept": "application/json"}


async def post(client: httpx.AsyncClient, path: str, **headers: str) -> list[dict[str, Any]]:
    async with client.stream("POST", path, headers=headers) as response:
        assert response.status_code == 200, (await response.aread()).decode()
        return [event async for event in read_events(response)]


async def messages(client: httpx.AsyncClient, conversation_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(f"/api/conversations/{conversation_id}/messages")).json()["items"]
    return items


async def test_regenerate_makes_a_sibling_with_the_same_parameters(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client, "하나", params={"max_tokens": 3}))[0]["data"]
    again = await post(client, f"/api/messages/{first['message_id']}/regenerate")
    assert text_of(again) == "하나 둘 셋"
    question, one, two = await messages(client, first["conversation_id"])
    assert one["parent_id"] == two["parent_id"] == question["id"]
    assert two["id"] == again[0]["data"]["message_id"] != one["id"]
    assert [turn.content for turn in served.engine.prompts[-1].messages] == ["하나"]
    assert text_of(await post(client, f"/api/messages/{question['id']}/regenerate")) == REPLY


async def test_an_edited_question_is_a_sibling_also_at_the_root(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client, "하나"))[0]["data"]
    await chat(client, "고친 하나", conversation_id=first["conversation_id"], parent_id=None)
    assert [turn.content for turn in served.engine.prompts[-1].messages] == ["고친 하나"]
    roots = [row for row in await messages(client, first["conversation_id"]) if row["parent_id"] is None]
    assert [row["content"] for row in roots] == ["하나", "고친 하나"]


async def test_continue_goes_on_in_the_same_message(client: httpx.AsyncClient) -> None:
    first = await chat(client, "하나", params={"max_tokens": 3})
    message_id = first[0]["data"]["message_id"]
    more = await post(client, f"/api/messages/{message_id}/continue")
    assert text_of(more) == "하나 둘 셋 넷 다섯 여섯".replace("셋 넷", "셋넷")
    assert next(event["data"]["text"] for event in more if event["event"] == "delta") == "하나 둘 셋"
    kinds = [event["event"] for event in more]
    assert kinds[:4] == ["queued", "started", "prefilled", "delta"]
    done = more[-1]["data"]
    assert (done["usage"]["prompt_tokens"], done["usage"]["completion_tokens"]) == (4, 3)
    row = (await messages(client, first[0]["data"]["conversation_id"]))[-1]
    assert (row["id"], row["content"], row["generation_id"]) == (
        message_id,
        text_of(more),
        more[0]["data"]["generation_id"],
    )
    whole = await client.get(f"/api/generations/{first[0]['data']['generation_id']}/events")
    assert [parse(block) for block in whole.text.strip().split("\n\n")] == first


async def test_continue_is_refused_where_it_makes_no_sense(served: Served, client: httpx.AsyncClient) -> None:
    events = await chat(client, "하나")
    message_id = events[0]["data"]["message_id"]
    answer = await client.post(f"/api/messages/{message_id}/continue")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_complete")
    question = (await messages(client, events[0]["data"]["conversation_id"]))[0]
    assert (await client.post(f"/api/messages/{question['id']}/continue")).status_code == 422
    assert (await client.post(f"/api/messages/{uuid4()}/continue")).status_code == 404
    async with served.client("lee@example.com") as lee:
        for action in ("continue", "regenerate"):
            refused = await lee.post(f"/api/messages/{message_id}/{action}")
            assert (refused.status_code, refused.json()["error"]["code"]) == (404, "message_not_found")
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "둘"}) as response:
        running = (await anext(read_events(response)))["data"]
    answer = await client.post(f"/api/messages/{running['message_id']}/continue")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "still_running")
    served.engine.gate.set()


async def test_equal_requests_with_one_key_are_one_generation(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.delay = 0.01
    key = {"Idempotency-Key": "e5b3-1", **JSON}
    answers = await asyncio.gather(
        *(client.post("/api/chat", json={"content": "안녕"}, headers=key) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["generation_id"] for answer in answers}) == 1
    assert {answer.json()["content"] for answer in answers} == {REPLY}
    rows = await messages(client, answers[0].json()["conversation_id"])
    assert [row["role"] for row in rows] == ["user", "assistant"]
    assert len(served.engine.prompts) == 1


async def test_the_same_key_with_another_body_is_refused(served: Served, client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "one", **JSON}
    first = await client.post("/api/chat", json={"content": "안녕"}, headers=key)
    other = await client.post("/api/chat", json={"content": "잘 가"}, headers=key)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    async with served.client("lee@example.com") as lee:
        mine = await lee.post("/api/chat", json={"content": "안녕"}, headers=key)
        assert mine.json()["generation_id"] != first.json()["generation_id"]
    for bad in ("", "k" * 256):
        answer = await client.post("/api/chat", json={"content": "안녕"}, headers={"Idempotency-Key": bad, **JSON})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_idempotency_key")


async def test_a_key_is_known_after_a_restart(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    contents = []
    for _ in range(2):
        async with serving(settings) as served, served.client() as client:
            events = await chat_with_key(client)
            contents.append(events)
    assert contents[0] == contents[1]


async def chat_with_key(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    async with client.stream(
        "POST", "/api/chat", json={"content": "안녕"}, headers={"Idempotency-Key": "k"}
    ) as response:
        return [event async for event in read_events(response)]


async def test_regenerate_takes_a_key_too(client: httpx.AsyncClient) -> None:
    first = (await chat(client, "하나"))[0]["data"]
    path = f"/api/messages/{first['message_id']}/regenerate"
    one, two = [await post(client, path, **{"Idempotency-Key": "again"}) for _ in range(2)]
    assert one == two
    assert len(await messages(client, first["conversation_id"])) == 3
