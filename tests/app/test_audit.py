"""The audit log: each event is one row and one log line, and neither holds anything private."""

import contextlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import structlog

from app.audit.service import AuditService
from app.config import Settings
from app.db import Database
from tests.app.serving import PASSWORD, Served
from tests.rig.migrated import migrated

NEW = "a new horse battery"


async def rows(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """Oldest first."""
    answer = await client.get("/api/admin/audit", params={"limit": 200, **query})
    assert answer.status_code == 200, answer.text
    return list(reversed(answer.json()["items"]))


async def test_every_event_is_one_row_and_one_line(served: Served, client: httpx.AsyncClient) -> None:
    begun = len(await rows(client))
    with structlog.testing.capture_logs() as lines:
        lee = await act_as_lee(served)
    found = (await rows(client))[begun:]
    expected = [
        "user.registered",
        "signin.failed",
        "signin.failed",
        "signin.ok",
        "key.created",
        "authz.denied",
        "key.revoked",
        "password.wrong",
        "password.changed",
        "email.changed",
        "signin.ok",
        "signout",
        "signin.ok",
        "signout.everywhere",
        "signin.ok",
        "user.deleted",
    ]
    assert [row["action"] for row in found] == expected
    logged = [line for line in lines if line.get("audit")]
    assert sorted(line["event"] for line in logged) == sorted(expected)
    for row in found:
        (line,) = [
            line for line in logged if line["request_id"] == row["request_id"] and line["event"] == row["action"]
        ]
        assert row["address"] == line["address"] == "127.0.0.1"
        assert row["at"].endswith("Z")
        assert line["actor_id"] == row["actor_id"]
        if row["action"] not in ("signin.failed",):
            assert row["actor_id"] == lee, row
    by_request = {row["request_id"] for row in found}
    assert len(by_request) == len(expected) - 1, "a change of password and address is one request"
    text = json.dumps([found, [line["event"] for line in logged], logged], default=str)
    for private in ("lee@", "lee2@", PASSWORD, NEW, "wrong one", "my key"):
        assert private not in text


async def act_as_lee(served: Served) -> str:
    """Everything that an account can do; its id."""
    async with httpx.AsyncClient(base_url=served.url) as lee:
        account = {"email": "lee@example.com", "password": PASSWORD}
        user_id: str = (await lee.post("/api/auth/register", json=account)).json()["id"]
        for username in ("lee@example.com", "nobody@example.com"):
            refused = await lee.post("/api/auth/jwt/login", data={"username": username, "password": "wrong one"})
            assert refused.status_code == 401

        async def sign_in(email: str, password: str) -> None:
            answer = await lee.post("/api/auth/jwt/login", data={"username": email, "password": password})
            lee.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

        await sign_in("lee@example.com", PASSWORD)
        key = (await lee.post("/api/keys", json={"name": "my key"})).json()
        assert (await lee.get("/api/admin/audit")).status_code == 403
        assert (await lee.delete(f"/api/keys/{key['id']}")).status_code == 204
        wrong = {"current_password": "wrong one", "password": NEW}
        assert (await lee.patch("/api/users/me", json=wrong)).status_code == 403
        body = {"current_password": PASSWORD, "password": NEW, "email": "lee2@example.com"}
        assert (await lee.patch("/api/users/me", json=body)).status_code == 200
        await sign_in("lee2@example.com", NEW)
        await lee.post("/api/auth/jwt/logout")
        await sign_in("lee2@example.com", NEW)
        await lee.post("/api/auth/logout-everywhere")
        await sign_in("lee2@example.com", NEW)
        assert (await lee.request("DELETE", "/api/users/me", json={"password": NEW})).status_code == 204
    return user_id


async def test_a_lock_is_recorded(served: Served, client: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=served.url) as anonymous:
        for _ in range(6):
            form = {"username": "nobody@example.com", "password": "wrong"}
            last = await anonymous.post("/api/auth/jwt/login", data=form)
    assert last.status_code == 429
    assert len(await rows(client, action="signin.failed")) == 5
    (locked,) = await rows(client, action="signin.locked")
    assert locked["request_id"] == last.headers["X-Request-ID"]


async def test_pages_and_filters(served: Served, client: httpx.AsyncClient) -> None:
    for number in range(5):
        served.services.audit.record("limits.changed", subject=f"user:{number}")
    first = (await client.get("/api/admin/audit", params={"limit": 3, "action": "limits.changed"})).json()
    second = (
        await client.get("/api/admin/audit", params={"limit": 3, "action": "limits.changed", "cursor": first["next"]})
    ).json()
    assert [row["subject"] for row in first["items"] + second["items"]] == [f"user:{n}" for n in (4, 3, 2, 1, 0)]
    assert second["next"] is None
    me = (await client.get("/api/users/me")).json()["id"]
    assert {row["actor_id"] for row in await rows(client, actor=me)} == {me}
    assert (await client.get("/api/admin/audit", params={"action": "no.such"})).status_code == 422
    assert (await client.get("/api/admin/audit", params={"cursor": "x"})).status_code == 422


async def test_a_change_that_is_rolled_back_is_not_recorded(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    db = Database(await migrated(make_settings(database={"url": database_url})))
    audit = AuditService(db)
    try:
        with structlog.testing.capture_logs() as lines:
            with contextlib.suppress(ZeroDivisionError):
                async with db.transaction() as session:
                    audit.record("role.changed", subject="user:1", db=session)
                    raise ZeroDivisionError
            assert lines == []
            async with db.transaction() as session:
                audit.record("role.changed", subject="user:2", db=session, role="viewer")
        assert [(line["event"], line["subject"], line["detail"]) for line in lines] == [
            ("role.changed", "user:2", {"role": "viewer"})
        ]
    finally:
        await db.close()


def test_ids_in_subjects_fit() -> None:
    assert len(f"invitation:{UUID(int=2**128 - 1)}") < 80
