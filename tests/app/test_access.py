"""Every route of the application × every role and scope: what may be done is decided in one place."""

import re

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import update

from app.auth.access import ROLES, SCOPES, needed, permissions
from app.auth.current import CurrentUser
from app.auth.guard import DOCS, PUBLIC
from app.auth.models import User
from app.auth.repository import column
from app.db import new_id
from tests.app.serving import Served

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


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_each_route_answers_each_role_as_the_table_says(served: Served, role: str) -> None:
    async with served.client("first@example.com"), served.client("role@example.com") as client:
        async with served.services.db.transaction() as db:
            await db.execute(update(User).where(column(User.email) == "role@example.com").values(role=role))
        checked = 0
        for route in served.app.routes:
            if not isinstance(route, APIRoute) or route.path in PUBLIC | DOCS or not route.path.startswith("/api/"):
                continue
            if "/logout" in route.path or "{path:path}" in route.path:  # it would end the session of this walk
                continue
            path = re.sub(r"{[^}]*}", NOBODY, route.path)
            for method in route.methods:
                answer = await client.request(method, path, json={} if method in ("POST", "PATCH") else None)
                forbidden = answer.status_code == 403 and answer.json()["error"]["code"] == "role_forbidden"
                assert forbidden == (needed(method, path) not in ROLES[role]), (role, method, path, answer.text)
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
