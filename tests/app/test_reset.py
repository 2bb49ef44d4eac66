"""Mailed links: a new password, a confirmed address; nobody learns who has an account."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from app.auth.models import MailedToken
from app.config import Settings
from app.db import now
from tests.app.mailbox import Mailbox, mailbox
from tests.app.serving import PASSWORD, Served, serving
from tests.app.test_account import code, sign_in

NEW = "a new horse battery"
KIM = "kim@example.com"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest.fixture
async def mailing(make_settings: Callable[..., Settings], database_url: str, box: Mailbox) -> AsyncIterator[Served]:
    settings = make_settings(
        database={"url": database_url}, smtp={"url": box.url}, limits={"anonymous": "10000/minute"}
    )
    async with serving(settings) as served:
        yield served


@pytest.fixture
async def anyone(mailing: Served) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Accept-Language": "en"}
    async with httpx.AsyncClient(base_url=mailing.url, headers=headers, timeout=20) as client:
        yield client


async def test_a_reset_link_works_once_and_ends_all_sessions(
    mailing: Served, anyone: httpx.AsyncClient, box: Mailbox
) -> None:
    async with mailing.client() as kim:
        for _ in range(2):
            assert (
                await anyone.post("/api/auth/forgot-password", json={"email": "KIM@example.com"})
            ).status_code == 202
        older, token = await box.token(KIM, 2), await box.token(KIM, 3)  # the first was for verifying
        assert mailing.url in (await box.mail(KIM, 2)).get_content()
        weak = await anyone.post("/api/auth/reset-password", json={"token": token, "password": "short"})
        assert code(weak) == (422, "weak_password")
        body = {"token": token, "password": NEW}
        answers = await asyncio.gather(*(anyone.post("/api/auth/reset-password", json=body) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422, 422]
        assert (await kim.get("/api/users/me")).status_code == 401
    for used in (token, older):
        again = await anyone.post("/api/auth/reset-password", json={"token": used, "password": NEW})
        assert code(again) == (422, "link_invalid")
    assert code(await sign_in(mailing, KIM, PASSWORD)) == (401, "bad_credentials")
    assert (await sign_in(mailing, KIM, NEW)).status_code == 200


async def test_tokens_are_hashed_expire_and_are_no_bearers(
    mailing: Served, anyone: httpx.AsyncClient, box: Mailbox
) -> None:
    async with mailing.client() as kim:
        verify = await box.token(KIM)
        await anyone.post("/api/auth/forgot-password", json={"email": KIM})
        reset = await box.token(KIM, 2)
        async with mailing.services.db.transaction() as db:
            rows = list(await db.scalars(select(MailedToken)))
            assert {row.kind for row in rows} == {"reset", "verify"}
            assert not any(token in repr(vars(row)) for row in rows for token in (verify, reset))
        bearer = {"Authorization": f"Bearer {reset}"}
        assert (await anyone.get("/api/users/me", headers=bearer)).status_code == 401
        # Each link is good for its own purpose only.
        assert code(await anyone.post("/api/auth/verify", json={"token": reset})) == (422, "link_invalid")
        crossed = await anyone.post("/api/auth/reset-password", json={"token": verify, "password": NEW})
        assert code(crossed) == (422, "link_invalid")
        async with mailing.services.db.transaction() as db:
            await db.execute(update(MailedToken).values(expires_at=now() - timedelta(seconds=1)))
        late = await anyone.post("/api/auth/reset-password", json={"token": reset, "password": NEW})
        assert code(late) == (422, "link_invalid")
        assert (await kim.get("/api/users/me")).json()["is_verified"] is False


async def test_asking_tells_nothing(mailing: Served, anyone: httpx.AsyncClient, box: Mailbox) -> None:
    """The work begins only after the answer is on its way, so its time cannot tell anything either."""
    async with mailing.client():
        await box.mail(KIM)
        for path in ("forgot-password", "request-verify-token"):
            known = await anyone.post(f"/api/auth/{path}", json={"email": KIM})
            unknown = await anyone.post(f"/api/auth/{path}", json={"email": "nobody@example.com"})
            odd = await anyone.post(f"/api/auth/{path}", json={"email": "no address"})
            assert {(one.status_code, one.text) for one in (known, unknown, odd)} == {(202, '{"mail":true}')}
        await box.mail(KIM, 3)
    assert {mail["To"] for mail in box.mails} == {KIM}


async def test_registering_tells_nothing_but_the_owner(
    mailing: Served, anyone: httpx.AsyncClient, box: Mailbox
) -> None:
    async with mailing.client("first@example.com"), mailing.client():
        taken = await anyone.post("/api/auth/register", json={"email": "Kim@example.com", "password": NEW})
        fresh = await anyone.post("/api/auth/register", json={"email": "lee@example.com", "password": NEW})
    assert taken.status_code == fresh.status_code == 201
    differing = {"id", "email", "created_at"}
    a, b = taken.json(), fresh.json()
    assert a.keys() == b.keys()
    assert {key: a[key] for key in a.keys() - differing} == {key: b[key] for key in b.keys() - differing}
    owners = await box.mail(KIM, 2)
    assert "account already" in owners.get_content()
    assert (await sign_in(mailing, KIM, PASSWORD)).status_code == 200
    assert code(await sign_in(mailing, KIM, NEW)) == (401, "bad_credentials")


async def test_an_address_is_confirmed_and_a_new_one_is_not(
    mailing: Served, anyone: httpx.AsyncClient, box: Mailbox
) -> None:
    async with mailing.client() as kim:
        assert (await anyone.post("/api/auth/verify", json={"token": await box.token(KIM)})).status_code == 204
        assert (await kim.get("/api/users/me")).json()["is_verified"] is True
        await anyone.post("/api/auth/forgot-password", json={"email": KIM})
        old = await box.token(KIM, 2)
        body = {"current_password": PASSWORD, "email": "kim@example.org"}
        headers = {"Accept-Language": "ko"}
        assert (await kim.patch("/api/users/me", json=body, headers=headers)).json()["is_verified"] is False
    assert "확인" in (await box.mail("kim@example.org"))["Subject"]
    # A link that went to the old address opens nothing any more.
    late = await anyone.post("/api/auth/reset-password", json={"token": old, "password": NEW})
    assert code(late) == (422, "link_invalid")


async def test_a_stranger_cannot_fill_a_mailbox(mailing: Served, anyone: httpx.AsyncClient, box: Mailbox) -> None:
    async with mailing.client():
        for _ in range(12):
            await anyone.post("/api/auth/forgot-password", json={"email": KIM})
        await mailing.services.links._mailer.close()
    assert len(box.mails) == 5


async def test_whoever_must_be_verified_is_told(make_settings: Callable[..., Settings], box: Mailbox) -> None:
    auth = {"secret": "s" * 40, "require_verified": True}
    async with serving(make_settings(auth=auth, smtp={"url": box.url})) as served:
        async with httpx.AsyncClient(base_url=served.url) as anyone:
            await anyone.post("/api/auth/register", json={"email": KIM, "password": PASSWORD})
            assert code(await sign_in(served, KIM, PASSWORD)) == (403, "not_verified")
            assert code(await sign_in(served, KIM, "wrong")) == (401, "bad_credentials")
            await anyone.post("/api/auth/verify", json={"token": await box.token(KIM)})
        assert (await sign_in(served, KIM, PASSWORD)).status_code == 200


async def test_links_lead_to_the_public_address(make_settings: Callable[..., Settings], box: Mailbox) -> None:
    settings = make_settings(smtp={"url": box.url}, public_url="http://chat.example.com")
    async with serving(settings) as served, served.client():
        assert "http://chat.example.com/verify?token=" in (await box.mail(KIM)).get_content()


async def test_without_mail_it_says_so(served: Served, client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/auth/forgot-password", json={"email": KIM})
    assert (answer.status_code, answer.json()) == (202, {"mail": False})
