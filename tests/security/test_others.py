"""Nothing of one user is reached, changed or even confirmed by another, whatever id is named."""

import re
from uuid import uuid4

import httpx
from fastapi.routing import APIRoute

from tests.app.serving import Served, chat, read_events

# A new route with an id in its path needs a row: which of the owner's ids it takes. Rows for administrators and links
# of one's own have no owner's id to try.
IDS = {
    "conversation_id": "conversation_id",
    "message_id": "message_id",
    "generation_id": "generation_id",
    "key_id": "key_id",
    "preset_id": "preset_id",
    "prompt_id": "prompt_id",
    "folder_id": "folder_id",
    "session_id": "session_id",
}
# Models belong to nobody.
ELSEWHERE = ("/api/admin/", "/share/", "/invite/", "/verify/", "/reset/", "/c/", "/static", "/api/invitations", "/v1/")


def shown(answer: httpx.Response, tried: str) -> tuple[int, str]:
    """The answer without what is its own in any case."""
    return answer.status_code, re.sub(r'"request_id":"[^"]*"', "", answer.text.replace(tried, "ID"))


async def test_the_ids_of_others_look_unknown_on_every_route(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client))[0]["data"]
    key = (await client.post("/api/keys", json={"name": "k"})).json()
    preset = (await client.post("/api/presets", json={"name": "p"})).json()
    prompt = (await client.post("/api/prompts", json={"title": "p", "text": "p"})).json()
    folder = (await client.post("/api/folders", json={"name": "f"})).json()
    session = (await client.get("/api/users/me/sessions")).json()["items"][0]
    owned = {
        **first,
        "key_id": key["id"],
        "preset_id": preset["id"],
        "prompt_id": prompt["id"],
        "folder_id": folder["id"],
        "session_id": session["id"],
    }
    before = (await client.get(f"/api/conversations/{first['conversation_id']}/messages")).text
    checked = 0
    async with served.client("lee@example.com") as other:
        for route in served.app.routes:
            if not isinstance(route, APIRoute) or "{" not in route.path or "{path:path}" in route.path:
                continue
            if route.path.startswith(ELSEWHERE):
                continue
            (name,) = re.findall(r"{(\w+)", route.path)
            assert name in IDS, f"{route.path}: no row for {name}"
            for method in route.methods:
                answers = []
                for value in (str(owned[IDS[name]]), str(uuid4())):
                    path = re.sub(r"{\w+}", value, route.path)
                    body = {"title": "mine now"} if method in ("PATCH", "PUT") else None
                    if name in ("preset_id", "folder_id") and body:
                        body = {"name": "mine now"}
                    if route.path.endswith("/feedback"):
                        body = {"value": "up"}
                    answers.append(shown(await other.request(method, path, json=body), value))
                assert answers[0] == answers[1], (method, route.path)
                assert answers[0][0] in (404, 410), (method, route.path, answers[0])
                checked += 1
        for body in (
            {"content": "x", "conversation_id": first["conversation_id"]},
            {"content": "x", "parent_id": first["message_id"]},
        ):
            assert (await other.post("/api/chat", json=body)).status_code == 404
        assert (await other.get("/api/conversations", params={"q": "안녕"})).json()["items"] == []
        for path in ("/api/keys", "/api/presets", "/api/prompts"):
            assert (await other.get(path)).json()["items"] == []
    assert checked >= 9
    assert (await client.get(f"/api/conversations/{first['conversation_id']}/messages")).text == before


async def test_a_running_answer_belongs_to_who_asked(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
        events = read_events(response)
        generation = (await anext(events))["data"]["generation_id"]
        async with served.client("lee@example.com") as other:
            assert (await other.get(f"/api/generations/{generation}/events")).status_code == 404
            assert (await other.delete(f"/api/generations/{generation}")).status_code == 404
        served.engine.gate.set()
        assert [event["event"] async for event in events][-1] == "done"


async def test_ids_that_a_client_names_are_refused(client: httpx.AsyncClient) -> None:
    mine = str(uuid4())
    for path, body in [
        ("/api/conversations", {"id": mine, "title": "x"}),
        ("/api/conversations", {"user_id": mine}),
        ("/api/keys", {"id": mine, "name": "x"}),
        ("/api/keys", {"user_id": mine, "name": "x"}),
        ("/api/presets", {"user_id": mine, "name": "x"}),
        ("/api/prompts", {"user_id": mine, "title": "x", "text": "x"}),
        ("/api/chat", {"content": "x", "message_id": mine}),
        ("/api/chat", {"content": "x", "user_id": mine}),
        ("/api/auth/register", {"email": "a@b.kr", "password": "long enough 1", "id": mine}),
        ("/api/auth/register", {"email": "a@b.kr", "password": "long enough 1", "role": "admin"}),
        ("/api/auth/register", {"email": "a@b.kr", "password": "long enough 1", "is_superuser": True}),
    ]:
        answer = await client.post(path, json=body)
        assert answer.status_code == 422, (path, body)
