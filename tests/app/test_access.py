"""Every route of the application × every role and scope: what may be done is decided in one place."""

import re

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import update

from app.auth.access import ROLES, SCOPES, needed, permissions
from app.auth.cookie import SESSION_COOKIE
from app.auth.current import CurrentUser
from app.auth.guard import DOCS, PUBLIC
from app.auth.models import User
from app.auth.repository import column
from app.db import new_id
from tests.app.serving import PASSWORD, Served

APIS = ("/api/", "/v1/", "/tokenize", "/detokenize")
NOBODY = "00000000-0000-0000-0000-000000000000"
ROUTES_OF_ACCOUNTS = {
    "/api/auth/jwt/logout",
    "/api/auth/logout-everywhere",
    "/api/users/me",
    "/api/keys",
    "/api/keys/{key_id}",
}


def user(role: str, *scopes: str) -> CurrentUser:
    return CurrentUser(new_id(), "a@example.com", role, "key", frozenset(scopes) if scopes else None)  # type: ignore[arg-type]


async def comes_by(served: Served, client: httpx.AsyncClient, via: str) -> None:
    """The client from now on signs its requests with a cookie or with a key of all scopes."""
    if via == "cookie":
        token = await served.services.auth.sign_in("role@example.com", PASSWORD)
        client.cookies.set(SESSION_COOKIE, token)
        client.headers["Sec-Fetch-Site"] = "same-origin"
        del client.headers["Authorization"]
    elif via.endswith("key"):
        made = await client.post("/api/keys", json={"name": "walk", "scopes": sorted(SCOPES)})
        key = made.json()["key"]
        del client.headers["Authorization"]
        client.headers.update({"x-api-key": key} if via == "x-api-key" else {"Authorization": f"Bearer {key}"})


@pytest.mark.parametrize("via", ["jwt", "cookie", "bearer key", "x-api-key"])
@pytest.mark.parametrize("role", sorted(ROLES))
async def test_each_route_answers_each_role_as_the_table_says(served: Served, role: str, via: str) -> None:
    allowed = permissions(user(role, *SCOPES)) if via.endswith("key") else ROLES[role]
    async with served.client("first@example.com"), served.client("role@example.com") as client:
        await comes_by(served, client, via)
        async with served.services.db.transaction() as db:
            await db.execute(update(User).where(column(User.email) == "role@example.com").values(role=role))
        checked = 0
        for route in served.app.routes:
            if not isinstance(route, APIRoute) or route.path in PUBLIC | DOCS or not route.path.startswith(APIS):
                continue
            if "/logout" in route.path or "{path:path}" in route.path:  # it would end the session of this walk
                continue
            path = re.sub(r"{[^}]*}", NOBODY, route.path)
            for method in route.methods:
                answer = await client.request(method, path, json={} if method in ("POST", "PATCH") else None)
                codes = ("role_forbidden", "scope_forbidden", None)
                forbidden = answer.status_code == 403 and answer.json()["error"].get("code") in codes
                assert forbidden == (needed(method, path) not in allowed), (role, via, method, path, answer.text)
                checked += 1
        assert checked > 14


def test_account_routes_are_for_people_only() -> None:
    for path in ROUTES_OF_ACCOUNTS:
        assert needed("POST", path) == "account"
    assert needed("GET", "/api/something-new") == "account"
    for role in ROLES:
        assert "account" in permissions(user(role))
        assert "account" not in permissions(user(role, *SCOPES))


def test_a_key_gives_no_more_than_its_owner_has() -> None:
    assert permissions(user("viewer", "chat", "read", "admin")) == {"read"}
    assert permissions(user("member", "admin", "read")) == {"read"}
    assert permissions(user("admin", "admin")) == {"admin"}
