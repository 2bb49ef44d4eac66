"""Listing, searching, changing and deleting conversations."""

from uuid import UUID

import httpx
import pytest

from tests.app.serving import Served, chat, read_events


async def test_pages_follow_one_another_without_gap_or_repeat(client: httpx.AsyncClient) -> None:
    made = [(await client.post("/api/conversations", json={"title": f"대화 {n}"})).json()["id"] for n in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        answer = await client.get("/api/conversations", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert seen == made[::-1]
    conversation = (await chat(client))[0]["data"]["conversation_id"]
    path = f"/api/conversations/{conversation}/messages"
    first = (await client.get(path, params={"limit": 1})).json()
    second = (await client.get(path, params={"limit": 1, "cursor": first["next"]})).json()
    assert [first["items"][0]["role"], second["items"][0]["role"], second["next"]] == ["user", "assistant", None]


async def test_search_finds_titles_and_texts_literally(client: httpx.AsyncClient) -> None:
    await chat(client, "100% 확실한 질문_입니다")
    await client.post("/api/conversations", json={"title": "Grüße ABC"})
    for query, hits in [
        ("확실한", 1),
        ("100%", 1),
        ("0%확", 0),
        ("문_입", 1),
        ("문x입", 0),
        ("abc", 1),
        ("여덟", 1),
        ("\\", 0),
    ]:
        found = (await client.get("/api/conversations", params={"q": query})).json()["items"]
        assert len(found) == hits, query


async def test_changes(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/conversations", json={})).json()
    path = f"/api/conversations/{made['id']}"
    body = {"title": "새 제목", "pinned": True, "system_prompt": "짧게", "params": {"temperature": 0.5}}
    changed = (await client.patch(path, json=body)).json()
    assert {name: changed[name] for name in body} == body
    assert (await client.patch(path, json={"system_prompt": None})).json()["system_prompt"] is None
    assert (await client.get(path)).json()["title"] == "새 제목"
    assert (await client.patch(path, json={"title": " "})).status_code == 422
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 404


async def test_the_system_prompt_and_parameters_of_a_conversation_count(
    served: Served, client: httpx.AsyncClient
) -> None:
    made = (await client.post("/api/conversations", json={"system_prompt": "규칙"})).json()
    await client.patch(f"/api/conversations/{made['id']}", json={"params": {"max_tokens": 2}})
    events = await chat(client, "하나", conversation_id=made["id"])
    assert served.engine.prompts[-1].messages[0].content == "규칙"
    assert events[-1]["data"]["usage"]["completion_tokens"] == 2
    events = await chat(client, "둘", conversation_id=made["id"], params={"max_tokens": 3})
    assert events[-1]["data"]["usage"]["completion_tokens"] == 3


async def test_a_message_may_begin_a_conversation_with_settings(served: Served, client: httpx.AsyncClient) -> None:
    settings = {"system_prompt": "규칙", "params": {"max_tokens": 2}}
    events = await chat(client, "하나", settings=settings)
    assert [turn.content for turn in served.engine.prompts[-1].messages] == ["규칙", "하나"]
    assert events[-1]["data"]["usage"]["completion_tokens"] == 2
    path = f"/api/conversations/{events[0]['data']['conversation_id']}"
    made = (await client.get(path)).json()
    assert {name: made[name] for name in settings} == settings
    body = {"content": "둘", "conversation_id": made["id"], "settings": settings}
    refused = await client.post("/api/chat", json=body)
    assert refused.status_code == 422
    assert "settings" in refused.json()["error"]["message"]
    whole = {"title": "t", "model": "scripted", **settings}
    made = (await client.post("/api/conversations", json=whole)).json()
    assert {name: made[name] for name in whole} == whole
    assert (await client.post("/api/conversations", json={"model": "nobody"})).status_code == 404


async def test_regenerating_anew_takes_the_present_parameters(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client, "하나", settings={"params": {"max_tokens": 3}}))[0]["data"]
    await client.patch(f"/api/conversations/{first['conversation_id']}", json={"params": {"max_tokens": 2}})
    kim = await served.services.auth.user_by_jwt(client.headers["Authorization"].removeprefix("Bearer "))
    assert kim is not None
    await served.services.conversations.regenerate(kim, UUID(first["message_id"]), anew=True)
    events = await chat(client, "기다린다")
    assert events[-1]["event"] == "done"
    path = f"/api/conversations/{first['conversation_id']}/messages"
    usage = [row["receipt"]["usage"] for row in (await client.get(path)).json()["items"] if row["receipt"]]
    assert [one["completion_tokens"] for one in usage] == [3, 2]


async def test_deleting_stops_what_runs_in_it(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
        stream = read_events(response)
        first = await anext(stream)
        assert (await client.delete(f"/api/conversations/{first['data']['conversation_id']}")).status_code == 204
        assert [event async for event in stream][-1]["data"]["finish_reason"] == "cancelled"
    assert not served.engine.running


@pytest.mark.parametrize("cursor", ["x", "", "////", "YWJj", "9" * 300])
async def test_a_foreign_cursor(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/api/conversations", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_cursor")
