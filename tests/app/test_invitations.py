"""Invitations: one account each, for whom they are meant, until they expire or are revoked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from app.auth.models import Invitation, User
from app.config import Settings
from app.db import now
from tests.app.mailbox import mailbox
from tests.app.serving import PASSWORD, Served, serving
from tests.app.test_account import code, sign_in

ADMIN = {"email": "admin@example.com", "password": PASSWORD}
INVITE = {"secret": "s" * 40, "registration": "invite"}


@pytest.fixture
async def inviting(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Served]:
    limits = {"anonymous": "10000/minute", "requests": "10000/minute"}
    async with serving(
        make_settings(database={"url": database_url}, auth=INVITE, admin=ADMIN, limits=limits)
    ) as served:
        yield served


async def invite(admin: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await admin.post("/api/admin/invitations", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def register(served: Served, email: str, **body: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as anyone:
        return await anyone.post("/api/auth/register", json={"email": email, "password": PASSWORD} | body)


async def test_only_who_is_invited_registers_and_gets_the_role(inviting: Served) -> None:
    assert code(await register(inviting, "lee@example.com")) == (403, "invitation_needed")
    assert code(await register(inviting, "lee@example.com", invitation="x")) == (403, "invitation_invalid")
    async with inviting.client(ADMIN["email"]) as admin:
        made = await invite(admin, role="viewer")
        answer = await register(inviting, "lee@example.com", invitation=made["token"])
        assert (answer.status_code, answer.json()["role"]) == (201, "viewer")
        assert code(await register(inviting, "han@example.com", invitation=made["token"])) == (
            403,
            "invitation_invalid",
        )
        listed = (await admin.get("/api/admin/invitations")).json()["items"]
        assert listed[0]["used_at"] is not None
        assert made["token"] not in str(listed)
    async with inviting.services.db.transaction() as db:
        row = (await db.scalars(select(Invitation))).one()
        assert made["token"] not in repr(vars(row))
    assert (await sign_in(inviting, "lee@example.com", PASSWORD)).status_code == 200


async def test_ten_at_once_make_one_account(inviting: Served) -> None:
    async with inviting.client(ADMIN["email"]) as admin:
        token = (await invite(admin))["token"]
    answers = await asyncio.gather(
        *(register(inviting, f"user{number}@example.com", invitation=token) for number in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 9
    async with inviting.services.db.transaction() as db:
        assert await db.scalar(select(func.count()).select_from(User)) == 2


async def test_for_one_address_and_not_after_a_failure_used_up(inviting: Served) -> None:
    async with inviting.client(ADMIN["email"]) as admin:
        assert code(await admin.post("/api/admin/invitations", json={"email": ADMIN["email"]})) == (409, "email_taken")
        made = await invite(admin, email="Lee@Example.com")
    token = made["token"]
    other = await register(inviting, "han@example.com", invitation=token)
    assert code(other) == (403, "invitation_for_another")
    weak = await register(inviting, "lee@example.com", invitation=token, password="short")
    assert code(weak) == (422, "weak_password")
    assert (await register(inviting, "lee@example.com", invitation=token)).status_code == 201


async def test_a_taken_address_leaves_the_invitation_usable(inviting: Served) -> None:
    async with inviting.client(ADMIN["email"]) as admin:
        token = (await invite(admin))["token"]
    assert code(await register(inviting, ADMIN["email"], invitation=token)) == (409, "email_taken")
    assert (await register(inviting, "lee@example.com", invitation=token)).status_code == 201


async def test_expired_and_revoked_ones_let_nobody_in(inviting: Served) -> None:
    async with inviting.client(ADMIN["email"]) as admin:
        revoked, expired = await invite(admin), await invite(admin)
        assert (await admin.delete(f"/api/admin/invitations/{revoked['id']}")).status_code == 204
        again = await admin.delete(f"/api/admin/invitations/{revoked['id']}")
        assert code(again) == (404, "invitation_not_found")
    async with inviting.services.db.transaction() as db:
        await db.execute(update(Invitation).values(expires_at=now() - timedelta(seconds=1)))
    for made in (revoked, expired):
        refused = await register(inviting, "lee@example.com", invitation=made["token"])
        assert code(refused) == (403, "invitation_invalid")


async def test_closed_means_closed(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(auth=INVITE | {"registration": "closed"}, admin=ADMIN)
    async with serving(settings) as served, served.client(ADMIN["email"]) as admin:
        assert code(await admin.post("/api/admin/invitations", json={})) == (409, "invitations_closed")
        assert code(await register(served, "lee@example.com", invitation="x")) == (403, "registration_closed")


async def test_it_is_mailed_and_its_address_may_be_told_it_is_taken(make_settings: Callable[..., Settings]) -> None:
    with mailbox() as box:
        settings = make_settings(auth=INVITE, admin=ADMIN, smtp={"url": box.url})
        async with serving(settings) as served, served.client(ADMIN["email"]) as admin:
            made = await invite(admin, email="lee@example.com")
            assert made["mailed"] is True
            assert await box.token("lee@example.com") == made["token"]
            assert made["url"].endswith(f"/invite/{made['token']}")
            second = await invite(admin, email="lee@example.com")
            assert (await register(served, "lee@example.com", invitation=made["token"])).status_code == 201
            taken = await register(served, "lee@example.com", invitation=second["token"])
            assert code(taken) == (409, "email_taken")
