"""The second factor: needed at every door, no code twice, guessing is slow, secrets are sealed."""

import time
from typing import Any

import httpx
import pyotp
import pytest
from sqlalchemy import select, update

from app.auth.cookie import SESSION_COOKIE
from app.auth.models import RecoveryCode, User
from app.auth.otp import STEP_SECONDS, Sealer, matching_step
from tests.app.serving import PASSWORD, Served
from tests.app.test_account import code
from tests.app.test_keys import make, program

KIM = "kim@example.com"
NOTHING = {"password": PASSWORD}


async def sign_in(served: Served, totp: str = "", password: str = PASSWORD) -> httpx.Response:
    async with httpx.AsyncClient(base_url=served.url) as anyone:
        form = {"username": KIM, "password": password, "totp": totp}
        return await anyone.post("/api/auth/jwt/login", data=form)


async def switch_on(client: httpx.AsyncClient) -> tuple[pyotp.TOTP, list[str]]:
    """(the app, the recovery codes); the present time step is used up."""
    begun = (await client.post("/api/users/me/totp", json=NOTHING)).json()
    app = pyotp.TOTP(begun["secret"])
    confirmed = await client.post("/api/users/me/totp/confirm", json={"code": app.now()})
    assert confirmed.status_code == 200, confirmed.text
    return app, confirmed.json()["recovery_codes"]


async def last_used(served: Served, app: pyotp.TOTP) -> str:
    """The code that was taken last, also when its time step has just ended."""
    async with served.services.db.reading() as db:
        step = await db.scalar(select(User.totp_step))
    assert step is not None
    return app.generate_otp(step)


async def rewind(served: Served) -> None:
    """As if the last code had been used long ago."""
    async with served.services.db.transaction() as db:
        await db.execute(update(User).values(totp_step=None))


async def test_pending_until_the_first_code(served: Served, client: httpx.AsyncClient) -> None:
    wrong = await client.post("/api/users/me/totp", json={"password": "wrong"})
    assert code(wrong) == (403, "wrong_password")
    assert code(await client.post("/api/users/me/totp/confirm", json={"code": "1"})) == (409, "totp_not_begun")
    begun = (await client.post("/api/users/me/totp", json=NOTHING)).json()
    assert begun["qr_svg"].startswith("data:image/svg+xml")
    assert begun["secret"] in begun["uri"]
    bad = await client.post("/api/users/me/totp/confirm", json={"code": "abcdef"})
    assert code(bad) == (403, "wrong_code")
    assert (await sign_in(served)).status_code == 200
    assert (await client.get("/api/users/me")).json()["totp_enabled"] is False


async def test_no_door_opens_without_the_code_and_no_code_opens_twice(
    served: Served, client: httpx.AsyncClient
) -> None:
    key = (await make(client))["key"]
    app, _ = await switch_on(client)
    assert code(await client.post("/api/users/me/totp", json=NOTHING)) == (409, "totp_already_on")
    assert code(await sign_in(served)) == (401, "totp_required")
    assert code(await sign_in(served, password="wrong")) == (401, "bad_credentials")
    used = await last_used(served, app)
    assert code(await sign_in(served, used)) == (401, "bad_credentials")  # it was used to switch it on
    await rewind(served)
    fresh = app.now()
    assert (await sign_in(served, f" {fresh[:3]} {fresh[3:]} ")).status_code == 200
    assert code(await sign_in(served, fresh)) == (401, "bad_credentials")
    async with program(served, key) as robot:
        assert (await robot.get("/api/conversations")).status_code == 200


async def test_recovery_codes_work_once_each(served: Served, client: httpx.AsyncClient) -> None:
    _, codes = await switch_on(client)
    assert len(set(codes)) == 10
    assert (await sign_in(served, codes[0].upper())).status_code == 200
    assert code(await sign_in(served, codes[0])) == (401, "bad_credentials")
    assert (await sign_in(served, codes[1].replace("-", ""))).status_code == 200
    removed = await client.request("DELETE", "/api/users/me/totp", json=NOTHING | {"code": codes[2]})
    assert removed.status_code == 204
    assert (await sign_in(served)).status_code == 200


async def test_what_is_stored_gives_nothing_away(served: Served, client: httpx.AsyncClient) -> None:
    app, codes = await switch_on(client)
    async with served.services.db.transaction() as db:
        user = (await db.scalars(select(User))).one()
        kept = repr(vars(user)) + repr([vars(row) for row in await db.scalars(select(RecoveryCode))])
    assert app.secret not in kept
    assert not any(one in kept or one.replace("-", "") in kept for one in codes)
    assert Sealer("s" * 40).open(user.totp_secret or "") == app.secret
    assert Sealer("t" * 40).open(user.totp_secret or "") is None


async def test_guessing_codes_is_held_back(served: Served, client: httpx.AsyncClient) -> None:
    app, _ = await switch_on(client)
    await rewind(served)
    for _ in range(5):
        assert code(await sign_in(served, "no")) == (401, "bad_credentials")
    assert code(await sign_in(served, app.now())) == (429, "too_many_attempts")


async def test_switching_off_needs_password_and_code(served: Served, client: httpx.AsyncClient) -> None:
    app, _ = await switch_on(client)
    await rewind(served)
    for body, refusal in [({"password": "wrong"}, "wrong_password"), ({"code": "no"}, "wrong_code")]:
        full: dict[str, Any] = NOTHING | {"code": app.now()} | body
        assert code(await client.request("DELETE", "/api/users/me/totp", json=full)) == (403, refusal)
    done = await client.request("DELETE", "/api/users/me/totp", json=NOTHING | {"code": app.now()})
    assert done.status_code == 204
    assert (await sign_in(served)).status_code == 200


async def test_the_form_asks_in_a_second_step(served: Served, client: httpx.AsyncClient) -> None:
    app, _ = await switch_on(client)
    await rewind(served)
    async with httpx.AsyncClient(base_url=served.url, headers={"Accept-Language": "en"}) as browser:
        first = await browser.post("/login", data={"email": KIM, "password": PASSWORD, "next": "/c/1"})
        assert first.status_code == 200
        assert PASSWORD not in first.text
        assert not first.cookies
        ticket = first.text.split('name="ticket" value="')[1].split('"')[0]
        # What vouches for the password opens nothing by itself.
        bearer = {"Authorization": f"Bearer {ticket}"}
        assert (await browser.get("/api/users/me", headers=bearer)).status_code == 401
        form = {"ticket": ticket, "next": "/c/1"}
        wrong = await browser.post("/login", data=form | {"code": "no"})
        assert wrong.status_code == 401
        assert "code is wrong" in wrong.text
        right = await browser.post("/login", data=form | {"code": app.now()})
        assert (right.status_code, right.headers["location"]) == (303, "/c/1")
        assert SESSION_COOKIE in right.cookies
        await served.services.users.set_password(KIM, "a new horse battery")
        late = await browser.post("/login", data=form | {"code": app.now()})
        assert (late.status_code, "took too long" in late.text) == (401, True)


async def test_the_operator_can_remove_it(served: Served, client: httpx.AsyncClient) -> None:
    await switch_on(client)
    await served.services.users.set_password(KIM, PASSWORD, remove_totp=True)
    assert (await sign_in(served)).status_code == 200


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_tolerance(steps: int, accepted: bool) -> None:
    secret, at = pyotp.random_base32(), time.time()
    shifted = pyotp.TOTP(secret).at(int(at) + steps * STEP_SECONDS)
    assert (matching_step(secret, shifted, at) is not None) == accepted
    assert matching_step(secret, "１２３４５６", at) is None
