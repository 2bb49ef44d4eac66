"""Where an account is signed in: told to its owner, ended one by one or all but this one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.auth.device import device_of
from app.auth.models import Session
from app.db import now
from tests.app.serving import PASSWORD, Served, until_refused

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@asynccontextmanager
async def signed_in(served: Served, agent: str) -> AsyncIterator[httpx.AsyncClient]:
    """Kim once more, by a program or a browser of this name."""
    async with httpx.AsyncClient(base_url=served.url, timeout=20, headers={"User-Agent": agent}) as client:
        answer = await client.post("/api/auth/jwt/login", data={"username": "kim@example.com", "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/api/users/me/sessions")).json()["items"]
    return items


async def test_sessions_are_listed_and_ended(served: Served, client: httpx.AsyncClient) -> None:
    async with signed_in(served, FIREFOX) as firefox, signed_in(served, "curl/8.5.0") as curl:
        told = await listed(client)
        assert {(one["device"], one["current"]) for one in told} == {
            ("python-httpx", True), ("Firefox · Windows", False), ("curl", False),
        }  # fmt: skip
        assert {one["kind"] for one in told} == {"jwt"}
        by_device = {one["device"]: one["id"] for one in told}
        path = "/api/users/me/sessions"
        assert (await client.delete(f"{path}/{by_device['Firefox · Windows']}")).status_code == 204
        await until_refused(firefox)
        gone = await client.delete(f"{path}/{by_device['Firefox · Windows']}")
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "session_not_found")
        assert (await curl.delete(path)).status_code == 204
        await until_refused(client)
        assert [one["device"] for one in await listed(curl)] == ["curl"]


async def test_the_last_use_is_noted_now_and_then(served: Served, client: httpx.AsyncClient) -> None:
    long_ago = now() - timedelta(hours=3)
    async with served.services.db.transaction() as db:
        await db.execute(update(Session).values(created_at=long_ago, last_seen_at=None))
    served.services.auth._cache.recent.clear()
    (only,) = await listed(client)
    assert only["created_at"].startswith(long_ago.isoformat()[:19])
    assert only["last_seen_at"] > (now() - timedelta(minutes=1)).isoformat()


async def test_an_api_key_learns_nothing_of_sessions(served: Served, client: httpx.AsyncClient) -> None:
    key = (await client.post("/api/keys", json={"name": "robot"})).json()["key"]
    async with httpx.AsyncClient(base_url=served.url, headers={"x-api-key": key}) as robot:
        for method in ("GET", "DELETE"):
            answer = await robot.request(method, "/api/users/me/sessions")
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_forbidden")


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox · Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari · macOS"),
        ("python-requests/2.32", "python-requests"),
        ("Mozilla/5.0", ""),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_names_of_devices(agent: str, device: str) -> None:
    assert device_of(agent) == device
