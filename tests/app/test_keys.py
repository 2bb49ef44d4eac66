"""API keys: told once, for their scopes only, gone when revoked or expired."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select, update

from app.auth.models import ApiKey
from app.db import now
from tests.app.serving import Served, chat, text_of, until_refused
from tests.scripted_engine import REPLY


async def make(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post("/api/keys", json={"name": "robot"} | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def program(served: Served, key: str, header: str = "Authorization") -> httpx.AsyncClient:
    headers = {header: f"Bearer {key}" if header == "Authorization" else key}
    return httpx.AsyncClient(base_url=served.url, headers=headers, timeout=20)


async def test_a_key_chats_by_either_header(served: Served, client: httpx.AsyncClient) -> None:
    key = (await make(client))["key"]
    for header in ("Authorization", "x-api-key"):
        async with program(served, key, header) as robot:
            assert text_of(await chat(robot)) == REPLY
    assert len((await client.get("/api/conversations")).json()["items"]) == 2


async def test_a_key_is_told_once_and_stored_hashed(served: Served, client: httpx.AsyncClient) -> None:
    made = await make(client, scopes=["read"])
    listed = (await client.get("/api/keys")).json()["items"]
    assert listed == [{name: value for name, value in made.items() if name != "key"}]
    assert made["key"].startswith(made["prefix"])
    assert len(made["prefix"]) < 12
    async with served.services.db.transaction() as db:
        row = (await db.scalars(select(ApiKey))).one()
        assert made["key"] not in repr(vars(row))
    assert listed[0]["last_used_at"] is None
    async with program(served, made["key"]) as robot:
        await robot.get("/api/conversations")
    assert (await client.get("/api/keys")).json()["items"][0]["last_used_at"] is not None


async def test_scopes_and_what_no_key_may(served: Served, client: httpx.AsyncClient) -> None:
    cases = {
        ("read",): {("GET", "/api/conversations"): 200, ("POST", "/api/chat"): 403, ("GET", "/api/users/me"): 200},
        ("chat",): {("GET", "/api/conversations"): 403, ("POST", "/api/chat"): 200},
        ("chat", "read", "admin"): {
            ("GET", "/api/keys"): 403,
            ("POST", "/api/keys"): 403,
            ("POST", "/api/auth/jwt/logout"): 403,
            ("POST", "/api/chat"): 200,
        },
    }
    for scopes, expected in cases.items():
        key = (await make(client, scopes=list(scopes)))["key"]
        async with program(served, key) as robot:
            for (method, path), status in expected.items():
                body = {"content": "안녕"} if path == "/api/chat" else {"name": "child"}
                answer = await robot.request(method, path, json=None if method == "GET" else body)
                assert answer.status_code == status, (scopes, method, path)
                if status == 403:
                    assert answer.json()["error"]["code"] == "scope_forbidden"


async def test_revoked_and_expired_keys_open_nothing(served: Served, client: httpx.AsyncClient) -> None:
    made = await make(client, expires_at=(now() + timedelta(hours=1)).isoformat())
    async with program(served, made["key"]) as robot:
        assert (await robot.get("/api/conversations")).status_code == 200
        async with served.services.db.transaction() as db:
            await db.execute(
                update(ApiKey).where(ApiKey.id == UUID(made["id"])).values(expires_at=now() - timedelta(seconds=1))
            )
        await until_refused(robot, "/api/conversations")
    other = await make(client)
    async with program(served, other["key"]) as robot:
        assert (await client.delete(f"/api/keys/{other['id']}")).status_code == 204
        assert (await robot.get("/api/conversations")).status_code == 401
        assert (await robot.get("/", headers={"Accept": "text/html"}, follow_redirects=False)).status_code == 303
    assert (await client.delete(f"/api/keys/{other['id']}")).status_code == 404


async def test_nobody_touches_another_users_keys(served: Served, client: httpx.AsyncClient) -> None:
    made = await make(client)
    async with served.client("lee@example.com") as lee:
        assert (await lee.get("/api/keys")).json() == {"items": []}
        assert (await lee.delete(f"/api/keys/{made['id']}")).status_code == 404
    async with program(served, made["key"] + "x") as stranger:
        assert (await stranger.get("/api/conversations")).status_code == 401


async def test_bad_keys_are_refused_by_name(client: httpx.AsyncClient) -> None:
    past = (now() - timedelta(days=1)).isoformat()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["root"]}, "scopes"),
        ({"name": "a", "expires_at": past}, "expires_at"),
        ({"name": "a", "expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"name": "a", "expires_at": "9999-12-31T23:59:59-12:00"}, "expires_at"),
        ({"name": "a", "user_id": str(uuid4())}, "user_id"),
    ]
    for body, field in cases:
        answer = await client.post("/api/keys", json=body)
        assert answer.status_code == 422, body
        assert field in answer.json()["error"]["message"]
