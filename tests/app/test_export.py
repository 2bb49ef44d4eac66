"""Export my data: one JSON document with everything of the account and nothing of anybody else."""

import asyncio
import json
import tracemalloc
from datetime import timedelta
from uuid import UUID

import httpx
from sqlalchemy import insert

from app.conversations.models import Conversation, Message
from app.db import new_id, now
from tests.app.serving import PASSWORD, Served, chat


async def test_everything_of_the_account_and_nothing_else(served: Served, client: httpx.AsyncClient) -> None:
    await chat(client, "제 것이 아닌 비밀")
    async with served.client("lee@example.com") as lee:
        me = (await lee.get("/api/users/me")).json()
        first = (await chat(lee, '나의 첫 질문 "인용"\n둘째 줄'))[0]["data"]
        await chat(lee, "다음 질문", conversation_id=first["conversation_id"])
        await chat(lee, "다른 대화")
        key = (await lee.post("/api/keys", json={"name": "내 프로그램"})).json()
        preset = (await lee.post("/api/presets", json={"name": "번역", "params": {"seed": 7}})).json()
        prompt = (await lee.post("/api/prompts", json={"title": "요약", "text": "{{글}} 요약"})).json()
        shared = (await lee.post(f"/api/conversations/{first['conversation_id']}/share", json={})).json()
        answer = await lee.get("/api/users/me/export")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["cache-control"] == "no-store"
        document = answer.json()
        assert set(document) == {
            "exported_at",
            "profile",
            "sessions",
            "keys",
            "presets",
            "prompts",
            "folders",
            "shares",
            "conversations",
            "usage",
            "audit",
        }
        assert document["profile"] == me
        assert [item["leaf_id"] for item in document["shares"]] == [shared["leaf_id"]]
        assert shared["url"].rpartition("/")[2] not in answer.text
        assert (document["presets"], document["prompts"]) == ([preset], [prompt])
        assert [session["kind"] for session in document["sessions"]] == ["jwt"]
        assert [(item["name"], item["prefix"]) for item in document["keys"]] == [("내 프로그램", key["prefix"])]
        listed = (await lee.get("/api/conversations")).json()["items"]
        assert {item["id"] for item in document["conversations"]} == {item["id"] for item in listed}
        (whole,) = [item for item in document["conversations"] if item["id"] == first["conversation_id"]]
        messages = (await lee.get(f"/api/conversations/{first['conversation_id']}/messages")).json()["items"]
        assert whole["messages"] == messages
        assert len(messages) == 4
        assert len(document["usage"]) == 3
        assert {item["user_id"] for item in document["usage"]} == {me["id"]}
        actions = [item["action"] for item in document["audit"]]
        assert actions[:2] == ["user.registered", "signin.ok"]
        assert actions[-3:] == ["key.created", "share.created", "data.exported"]
        for secret in (key["key"], "hash", "비밀", "kim@example.com", PASSWORD):
            assert secret not in answer.text
        # A stolen key must not carry everything away.
        lee.headers.pop("Authorization")
        by_key = await lee.get("/api/users/me/export", headers={"x-api-key": key["key"]})
        assert (by_key.status_code, by_key.json()["error"]["code"]) == (403, "scope_forbidden")
        assert (await lee.get("/api/users/me/export")).status_code == 401


async def test_an_empty_account(served: Served, client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/users/me/export")).json()
    assert document["conversations"] == document["keys"] == document["usage"] == []


async def test_memory_does_not_grow_with_the_account(served: Served, client: httpx.AsyncClient) -> None:
    """10 000 messages of 2 kB are 20 MB of text; what is held at once is a page."""
    me = UUID((await client.get("/api/users/me")).json()["id"])
    begun, count = now() - timedelta(days=1), 10_000
    async with served.services.db.transaction() as db:
        one = Conversation(user_id=me, title="long")
        db.add(one)
        await db.flush()
        rows = [
            {
                "id": new_id(),
                "conversation_id": one.id,
                "role": "user",
                "content": f"{number} " + "x" * 2000,
                "status": "done",
                "created_at": begun + timedelta(milliseconds=number // 3),
            }
            for number in range(count)
        ]
        for start in range(0, count, 1000):
            await db.execute(insert(Message), rows[start : start + 1000])
    user = await served.services.auth.user_by_jwt(client.headers["Authorization"].removeprefix("Bearer "))
    assert user is not None
    ids = {str(row["id"]) for row in rows}
    del rows
    parts = await served.services.personal_data.export(user)
    tracemalloc.start()
    try:
        size, seen = 0, 0
        async for part in parts:
            size += len(part)
            if '"content"' in part:
                message = json.loads(part.strip(",\n"))
                ids.discard(message["id"])
                seen += 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (seen, len(ids)) == (count, 0)
    assert size > 20_000_000
    assert peak < 5_000_000, peak


async def test_others_work_meanwhile(served: Served, client: httpx.AsyncClient) -> None:
    """No transaction is held while a slow reader takes his time."""
    await chat(client, "첫째")
    async with client.stream("GET", "/api/users/me/export") as response:
        parts = response.aiter_bytes()
        begun = await anext(parts)
        await asyncio.wait_for(chat(client, "둘째"), 10)
        rest = [part async for part in parts]
    assert json.loads(b"".join([begun, *rest]))["profile"]["email"] == "kim@example.com"
