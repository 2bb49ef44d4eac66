"""Listing, searching, changing and deleting conversations."""

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
