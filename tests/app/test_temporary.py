"""Temporary chats: answered like others, listed nowhere, and gone soon."""

from datetime import timedelta

import httpx

from app.db import now
from tests.app.serving import Served, chat


async def test_a_temporary_chat_is_listed_nowhere_and_goes(served: Served, client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/conversations", json={"temporary": True})).json()
    assert made["temporary"] is True
    await chat(client, "geheime Frage", conversation_id=made["id"])
    begun = (await chat(client, "geheime zweite Frage", temporary=True))[0]["data"]
    kept = (await chat(client, "bleibt"))[0]["data"]["conversation_id"]
    for conversation in (made["id"], begun["conversation_id"]):
        view = (await client.get(f"/api/conversations/{conversation}")).json()
        assert (view["temporary"], view["title"]) == (True, "")
        assert len((await client.get(f"/api/conversations/{conversation}/messages")).json()["items"]) == 2
    assert [one["id"] for one in (await client.get("/api/conversations")).json()["items"]] == [kept]
    assert (await client.get("/api/conversations", params={"q": "geheime"})).json()["items"] == []
    refused = await client.post(f"/api/conversations/{made['id']}/share", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "temporary_chat")
    branch = (await client.post(f"/api/messages/{begun['message_id']}/fork")).json()
    assert (branch["temporary"], branch["title"]) == (False, "geheime zweite Frage")
    wrong = {"content": "x", "temporary": True, "conversation_id": kept}
    assert (await client.post("/api/chat", json=wrong)).status_code == 422
    purge = served.services.organizing.purge
    await purge(now() + timedelta(hours=22))
    assert (await client.get(f"/api/conversations/{made['id']}")).status_code == 200
    await purge(now() + timedelta(hours=24))
    for conversation in (made["id"], begun["conversation_id"]):
        assert (await client.get(f"/api/conversations/{conversation}")).status_code == 404
    assert (await client.get(f"/api/conversations/{kept}")).status_code == 200
