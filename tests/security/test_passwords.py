"""Passwords: how they are kept, and what a flood of sign-ins costs the others."""

import asyncio
from contextlib import suppress

import httpx
import pytest
from sqlalchemy import func, select

from app.auth.models import User
from app.auth.passwords import MAX_WAITING, MIN_LENGTH, PasswordHasher, check_password, common_passwords
from app.auth.repository import column
from app.errors import Invalid, Unavailable
from tests.app.serving import PASSWORD, Served

pytestmark = pytest.mark.real_passwords


async def test_the_hash_is_argon2id_and_shown_nowhere(served: Served, client: httpx.AsyncClient) -> None:
    async with served.services.db.reading() as db:
        hashed = await db.scalar(select(column(User.hashed_password)))
    assert hashed is not None
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    for path in ("/api/users/me", "/api/keys", "/api/conversations"):
        assert "argon2" not in (await client.get(path)).text


async def test_long_passwords_count_to_their_end(served: Served, anonymous: httpx.AsyncClient) -> None:
    for length, status in ((7, 422), (8, 201), (64, 201), (128, 201), (256, 201), (257, 422)):
        body = {"email": f"n{length}@example.com", "password": ("k3" * 200)[:length]}
        assert (await anonymous.post("/api/auth/register", json=body)).status_code == status, length
    form = {"username": "n128@example.com", "password": ("k3" * 200)[:127] + "x"}
    assert (await anonymous.post("/api/auth/jwt/login", data=form)).status_code == 401


def test_the_common_ones_are_refused() -> None:
    common = common_passwords()
    assert len(common) >= 3000
    assert min(map(len, common)) >= MIN_LENGTH
    assert common == {password.lower() for password in common}
    for password in (*common, "Password1", "IloveYou", "1q2w3e4r5t", "football1", "Qwerty123", "987654321"):
        with pytest.raises(Invalid, match="too easy"):
            check_password(password, "somebody@example.com")


@pytest.mark.parametrize(
    "password",
    [
        "kim.minsu", "KimMinsu", "kim-minsu-1", "kimminsu2026", "kim.minsu@mail.acme.co.kr",
        "KIM.MINSU@MAIL.ACME.CO.KR", "mail.acme.co.kr", "acme2026!", "vllm-chat", "vLLMchat", "vllmchat123",
        "talk.hanbit.example", "hanbit-2026", "hanbit01",
    ],
)  # fmt: skip
async def test_the_address_and_the_name_of_the_service_are_refused(password: str) -> None:
    hasher = PasswordHasher("https://talk.hanbit.example:8443/")
    with pytest.raises(Invalid, match="too easy"):
        await hasher.hash(password, "kim.minsu@mail.acme.co.kr")
    hasher.close()


@pytest.mark.parametrize("password", ["minsu and kim", "48151623", "hanbit is loud", "비밀번호가 길어요"])
def test_others_are_taken(password: str) -> None:
    check_password(password, "kim.minsu@mail.acme.co.kr", "talk.hanbit.example")


async def test_every_door_asks(served: Served, client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    for password in ("football1", "newcomer1"):
        body = {"email": "newcomer@example.com", "password": password}
        answer = await anonymous.post("/api/auth/register", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "weak_password")
    for change in ({"password": "kim-12345"}, {"password": "newname1", "email": "newname@example.com"}):
        answer = await client.patch("/api/users/me", json={"current_password": PASSWORD} | change)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "weak_password")
    with pytest.raises(Invalid, match="too easy"):
        await served.services.users.set_password("kim@example.com", "kim@example.com")


async def test_one_address_is_one_account_however_often_at_once(served: Served, anonymous: httpx.AsyncClient) -> None:
    addresses = ["Same@Example.com", "same@example.com", "SAME@EXAMPLE.COM", "same@Example.com "] * 5
    answers = await asyncio.gather(
        *(anonymous.post("/api/auth/register", json={"email": one, "password": PASSWORD}) for one in addresses)
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409, 503}
    async with served.services.db.reading() as db:
        assert await db.scalar(select(func.count()).select_from(User)) == 1


async def test_hashing_never_holds_the_event_loop_and_its_queue_is_bounded(served: Served) -> None:
    """While hashes run the loop turns; on the loop itself 30 of them would be 30 turns of some 50 ms each."""
    hasher = served.services.auth.hasher
    turns, hashing = 0, True

    async def one() -> None:
        with suppress(Unavailable):
            await hasher.verify("wrong", None)

    async def turn() -> None:
        nonlocal turns
        while hashing:
            turns += 1
            await asyncio.sleep(0.001)

    turning = asyncio.create_task(turn())
    await asyncio.gather(*(one() for _ in range(30)))
    hashing = False
    await turning
    assert turns > 60
    results = await asyncio.gather(
        *(hasher.verify("wrong", None) for _ in range(MAX_WAITING + 5)), return_exceptions=True
    )
    assert sum(isinstance(result, Unavailable) for result in results) == 5
