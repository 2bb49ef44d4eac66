"""Many conversations at once: put away, moved, deleted and brought back."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from app.auth.current import CurrentUser
from app.conversations.organizing import UNDO
from app.conversations.schemas import Organized
from app.db import now
from app.errors import NotFound
from tests.app.serving import Served, chat, read_events


async def who(client: httpx.AsyncClient) -> CurrentUser:
    me = (await client.get("/api/users/me")).json()
    return CurrentUser(UUID(me["id"]), me["email"], me["role"], "jwt")


async def made(client: httpx.AsyncClient, count: int) -> list[UUID]:
    answers = [await client.post("/api/conversations", json={"title": f"n{number}"}) for number in range(count)]
    return [UUID(answer.json()["id"]) for answer in answers]


async def test_archived_ones_are_listed_apart(client: httpx.AsyncClient) -> None:
    away, here = await made(client, 2)
    await client.patch(f"/api/conversations/{away}", json={"archived": True})
    for wanted, ids in ((None, [here, away]), (True, [away]), (False, [here])):
        params = {} if wanted is None else {"archived": wanted}
        listed = (await client.get("/api/conversations", params=params)).json()["items"]
        assert [UUID(row["id"]) for row in listed] == ids
        found = (await client.get("/api/conversations", params={**params, "q": "n"})).json()["items"]
        assert [UUID(row["id"]) for row in found] == ids


async def test_many_change_together_and_foreign_ones_do_not(served: Served, client: httpx.AsyncClient) -> None:
    user = await who(client)
    first, second, third = await made(client, 3)
    folder = UUID((await client.post("/api/folders", json={"name": "Work"})).json()["id"])
    conversations = served.services.conversations
    rows = await conversations.organize(user, [first, second, uuid4()], Organized(folder_id=folder))
    assert {row.id: row.folder_id for row in rows} == {first: folder, second: folder}
    overview = await conversations.overview(user, 10)
    assert [row.id for row in overview.main.items] == [third]
    rows = await conversations.organize(user, [second], Organized(pinned=True))
    assert (rows[0].pinned, rows[0].folder_id) == (True, folder)
    async with served.client("lee@example.com") as other:
        for change in (Organized(archived=True), Organized(folder_id=None)):
            with pytest.raises(NotFound):
                await conversations.organize(await who(other), [first], change)
        with pytest.raises(NotFound):
            await conversations.remove(await who(other), [first])
    # What is pinned stands above its folder.
    assert [row.id for row in (await conversations.lines(user, folder, None, 10)).items] == [first]
    assert [row.id for row in (await conversations.overview(user, 10)).pinned] == [second]


async def test_a_deleted_conversation_is_gone_until_it_is_brought_back(
    served: Served, client: httpx.AsyncClient
) -> None:
    user = await who(client)
    first = (await chat(client, "사라질 질문"))[0]["data"]
    conversation = first["conversation_id"]
    await served.services.conversations.remove(user, [UUID(conversation)])
    path = f"/api/conversations/{conversation}"
    calls = [
        ("GET", path, None),
        ("PATCH", path, {"title": "x"}),
        ("DELETE", path, None),
        ("GET", f"{path}/messages", None),
        ("GET", f"{path}/export", None),
        ("POST", f"/api/messages/{first['message_id']}/feedback", {"value": "up"}),
        ("POST", f"/api/messages/{first['message_id']}/regenerate", None),
        ("GET", f"/api/generations/{first['generation_id']}/events", None),
        ("DELETE", f"/api/generations/{first['generation_id']}", None),
        ("POST", "/api/chat", {"content": "x", "conversation_id": conversation}),
    ]
    for method, where, body in calls:
        assert (await client.request(method, where, json=body)).status_code == 404, (method, where)
    assert (await client.get("/api/conversations", params={"q": "사라질"})).json()["items"] == []
    assert "사라질" not in (await client.get("/api/users/me/export")).text
    with pytest.raises(NotFound):
        await served.services.conversations.remove(user, [UUID(conversation)])
    rows = await served.services.conversations.restore(user, [UUID(conversation)])
    assert [row.title for row in rows] == ["사라질 질문"]
    assert len((await client.get(f"{path}/messages")).json()["items"]) == 2
    assert (await client.get(f"/api/generations/{first['generation_id']}/events")).status_code == 200


async def test_deleting_many_stops_what_runs_in_them(served: Served, client: httpx.AsyncClient) -> None:
    user = await who(client)
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
        stream = read_events(response)
        conversation = UUID((await anext(stream))["data"]["conversation_id"])
        await served.services.conversations.remove(user, [conversation, *await made(client, 1)])
        assert [event async for event in stream][-1]["data"]["finish_reason"] == "cancelled"
    assert not served.engine.running
    assert (await client.get("/api/conversations")).json()["items"] == []


async def test_what_nobody_brings_back_is_purged(served: Served, client: httpx.AsyncClient) -> None:
    user = await who(client)
    ids = await made(client, 2)
    conversations, organizing = served.services.conversations, served.services.organizing
    await conversations.remove(user, ids[:1])
    await organizing.purge(now())
    await conversations.restore(user, ids[:1])
    await conversations.remove(user, ids[:1])
    await organizing.purge(now() + UNDO + timedelta(seconds=1))
    with pytest.raises(NotFound):
        await conversations.restore(user, ids[:1])
    assert len((await client.get("/api/conversations")).json()["items"]) == 1
