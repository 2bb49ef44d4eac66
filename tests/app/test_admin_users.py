"""Administrators change roles, disable and delete accounts; what is taken away is gone at once, on every server."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.auth.models import User
from app.auth.session_cache import CachedUser, SessionCache
from app.auth.tokens import token_hash
from app.config import Settings
from app.db import new_id
from tests.app.serving import PASSWORD, Served, read_events, serving, until_refused
from tests.app.test_account import code, sign_in
from tests.app.test_keys import make, program
from tests.rig.ports import free_port

LEE = "lee@example.com"


async def id_of(client: httpx.AsyncClient) -> str:
    return str((await client.get("/api/users/me")).json()["id"])


async def test_a_disabled_user_is_out_at_once(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client(LEE) as lee:
        path = f"/api/admin/users/{await id_of(lee)}"
        key = (await make(lee))["key"]
        cookie = await served.services.auth.sign_in(LEE, PASSWORD)
        served.engine.gate.clear()
        async with lee.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
            await anext(read_events(response))
        changed = await client.patch(path, json={"is_active": False})
        assert (changed.status_code, changed.json()["is_active"]) == (200, False)
        assert served.engine.running == set()
        assert (await lee.get("/api/users/me")).status_code == 401
        async with program(served, key) as robot:
            assert (await robot.get("/api/conversations")).status_code == 401
        assert await served.services.auth.user_by_cookie(cookie) is None
        assert code(await sign_in(served, LEE, PASSWORD)) == (401, "bad_credentials")
        served.engine.gate.set()
        assert (await client.patch(path, json={"is_active": True})).status_code == 200
        # Nothing comes back by itself: they sign in again.
        assert (await lee.get("/api/users/me")).status_code == 401
    assert (await sign_in(served, LEE, PASSWORD)).status_code == 200


async def test_a_new_role_counts_at_once(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client(LEE) as lee:
        user_id = await id_of(lee)
        assert (await client.patch(f"/api/admin/users/{user_id}", json={"role": "admin"})).status_code == 200
        assert (await lee.get("/api/users/me")).status_code == 401
    async with served.client(LEE) as lee:
        assert (await lee.get("/api/admin/users")).status_code == 200
        assert (await client.patch(f"/api/admin/users/{user_id}", json={"role": "viewer"})).status_code == 200
    async with served.client(LEE) as lee:
        assert code(await lee.get("/api/admin/users")) == (403, "role_forbidden")
    async with served.services.db.transaction() as db:
        row = (await db.scalars(select(User).where(User.role == "viewer"))).one()
        assert row.is_superuser is False


async def test_somebody_administrates_always(served: Served, client: httpx.AsyncClient) -> None:
    mine = f"/api/admin/users/{await id_of(client)}"
    for method, body in [("PATCH", {"role": "member"}), ("PATCH", {"is_active": False}), ("DELETE", None)]:
        assert code(await client.request(method, mine, json=body)) == (409, "last_admin")
    async with served.client(LEE) as lee:
        theirs = f"/api/admin/users/{await id_of(lee)}"
        await client.patch(theirs, json={"role": "admin"})
    async with served.client(LEE) as lee:
        both = await asyncio.gather(
            client.patch(theirs, json={"role": "member"}), lee.patch(mine, json={"role": "member"})
        )
    # Whoever comes second is refused: as the last one, or because the right is gone already.
    assert sorted(answer.status_code for answer in both)[0] == 200
    async with served.services.db.reading() as db:
        assert len(list(await db.scalars(select(User).where(User.role == "admin")))) == 1


async def test_searching_and_paging(served: Served, client: httpx.AsyncClient) -> None:
    for name in ("a_b", "axb", "other"):
        async with served.client(f"{name}@example.com"):
            pass
    found = (await client.get("/api/admin/users", params={"q": "A_B"})).json()
    assert [user["email"] for user in found["items"]] == ["a_b@example.com"]
    assert found["next"] is None
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await client.get("/api/admin/users", params={"limit": 2} | cursor)).json()
        seen += [user["email"] for user in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [email.partition("@")[0] for email in seen] == ["other", "axb", "a_b", "kim"]
    assert "hashed_password" not in str(page)
    assert code(await client.get("/api/admin/users?cursor=x")) == (422, "invalid_cursor")
    assert (await client.get("/api/admin/users", params={"q": "\x00"})).status_code == 422


async def test_deleting_and_unknown_ids(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client(LEE) as lee:
        path = f"/api/admin/users/{await id_of(lee)}"
        assert (await client.delete(path)).status_code == 204
        assert (await lee.get("/api/users/me")).status_code == 401
    for answer in (await client.delete(path), await client.patch(path, json={})):
        assert code(answer) == (404, "user_not_found")
    for body in ({"hashed_password": "x"}, {"email": "x@example.com"}, {"role": "root"}):
        assert (await client.patch(path, json=body)).status_code == 422


async def test_a_lost_second_factor_is_removed(served: Served, client: httpx.AsyncClient) -> None:
    from tests.app.test_totp import switch_on

    async with served.client(LEE) as lee:
        await switch_on(lee)
        path = f"/api/admin/users/{await id_of(lee)}"
    assert code(await sign_in(served, LEE, PASSWORD)) == (401, "totp_required")
    assert (await client.patch(path, json={"remove_totp": True})).json()["totp_enabled"] is False
    assert (await sign_in(served, LEE, PASSWORD)).status_code == 200


async def test_two_servers_share_what_they_know_of_sessions(
    make_settings: Callable[..., Settings], redis_url: str
) -> None:
    settings = make_settings(redis={"url": redis_url})
    async with serving(settings) as one, serving(settings) as other, one.client() as kim:
        headers = dict(kim.headers)
        async with httpx.AsyncClient(base_url=other.url, headers=headers) as same:
            for _ in range(3):
                assert (await same.get("/api/users/me")).status_code == 200
            assert (await kim.post("/api/auth/logout-everywhere")).status_code == 204
            assert (await kim.get("/api/users/me")).status_code == 401
            await until_refused(same)


async def test_what_was_read_before_a_revocation_is_not_kept(redis_url: str) -> None:
    cache, hashed = SessionCache(redis_url), token_hash(str(new_id()))
    user = CachedUser(new_id(), "kim@example.com", "member")
    await cache.put("cookie", hashed, user)
    assert await cache.get("cookie", hashed) == user
    assert await cache.get("jwt", hashed) is None  # one kind of token does not stand for the other
    await cache.forget([hashed])
    await cache.put("cookie", hashed, user)  # another server that had asked the database just before
    assert await cache.get("cookie", hashed) is None
    await cache.close()


@pytest.mark.parametrize("listening", [True, False])
async def test_without_redis_the_database_answers(make_settings: Callable[..., Settings], listening: bool) -> None:
    """Also when Redis takes the connection and never says a word."""
    silent = socket.create_server(("127.0.0.1", 0)) if listening else None
    port = silent.getsockname()[1] if silent else free_port()
    cache = SessionCache(f"redis://127.0.0.1:{port}/0")
    async with asyncio.timeout(5):
        assert await cache.get("cookie", "x") is None
        await cache.put("cookie", "x", CachedUser(new_id(), "kim@example.com", "member"))
        await cache.forget(["x"])
        await cache.close()
    if silent:
        silent.close()
