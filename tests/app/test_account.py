"""People change, leave and delete their accounts; guessing passwords is slow."""

import httpx

from app.auth import throttle
from tests.app.serving import PASSWORD, Served, read_events

NEW = "a new horse battery"


async def sign_in(served: Served, email: str, password: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=served.url) as anonymous:
        return await anonymous.post("/api/auth/jwt/login", data={"username": email, "password": password})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_new_password_ends_all_sessions(served: Served, client: httpx.AsyncClient) -> None:
    cookie = await served.services.auth.sign_in("kim@example.com", PASSWORD)
    wrong = await client.patch("/api/users/me", json={"current_password": "wrong", "password": NEW})
    assert code(wrong) == (403, "wrong_password")
    weak = await client.patch("/api/users/me", json={"current_password": PASSWORD, "password": "short"})
    assert code(weak) == (422, "weak_password")
    changed = await client.patch("/api/users/me", json={"current_password": PASSWORD, "password": NEW})
    assert changed.status_code == 200
    assert (await client.get("/api/users/me")).status_code == 401
    assert await served.services.auth.user_by_cookie(cookie) is None
    assert code(await sign_in(served, "kim@example.com", PASSWORD)) == (401, "bad_credentials")
    assert (await sign_in(served, "kim@example.com", NEW)).status_code == 200


async def test_a_new_address_is_free_and_unverified(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client("lee@example.com"):
        pass
    taken = await client.patch("/api/users/me", json={"current_password": PASSWORD, "email": "LEE@example.com"})
    assert code(taken) == (409, "email_taken")
    bad = await client.patch("/api/users/me", json={"current_password": PASSWORD, "email": "no address"})
    assert code(bad) == (422, "invalid_email")
    changed = await client.patch("/api/users/me", json={"current_password": PASSWORD, "email": "Kim@Example.org"})
    assert (changed.json()["email"], changed.json()["is_verified"]) == ("kim@example.org", False)
    assert (await sign_in(served, "kim@example.org", PASSWORD)).status_code == 200


async def test_nobody_raises_themselves(client: httpx.AsyncClient) -> None:
    for field in ("role", "is_superuser", "is_active", "is_verified", "id", "hashed_password"):
        answer = await client.patch("/api/users/me", json={"current_password": PASSWORD, field: "admin"})
        assert code(answer) == (422, "invalid_request"), field


async def test_signing_out_everywhere(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client() as other:
        assert (await client.post("/api/auth/logout-everywhere")).status_code == 204
        assert (await other.get("/api/users/me")).status_code == 401


async def test_an_account_goes_with_all_that_belongs_to_it(served: Served, client: httpx.AsyncClient) -> None:
    assert code(await client.request("DELETE", "/api/users/me", json={"password": PASSWORD})) == (409, "last_admin")
    async with served.client("lee@example.com") as lee:
        served.engine.gate.clear()
        async with lee.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
            await anext(read_events(response))
        refused = await lee.request("DELETE", "/api/users/me", json={"password": "wrong"})
        assert code(refused) == (403, "wrong_password")
        assert (await lee.request("DELETE", "/api/users/me", json={"password": PASSWORD})).status_code == 204
        assert served.engine.running == set()
        assert (await lee.get("/api/conversations")).status_code == 401
    assert code(await sign_in(served, "lee@example.com", PASSWORD)) == (401, "bad_credentials")
    served.engine.gate.set()


async def test_guessing_is_held_back_and_tells_nothing(served: Served, client: httpx.AsyncClient) -> None:
    """Also for addresses that nobody has, and also for the right password."""
    for email in ("kim@example.com", "nobody@example.com"):
        for _ in range(5):
            assert code(await sign_in(served, email, "wrong")) == (401, "bad_credentials")
        held = await sign_in(served, email.upper(), PASSWORD)
        assert code(held) == (429, "too_many_attempts")
        assert 0 < int(held.headers["retry-after"]) <= 60
    assert (await client.get("/api/users/me")).status_code == 200


async def test_one_address_cannot_try_many_accounts(served: Served) -> None:
    limit = throttle.PER_PEER[0].amount
    for number in range(limit):
        assert (await sign_in(served, f"user{number}@example.com", "wrong")).status_code == 401
    assert code(await sign_in(served, "another@example.com", "wrong")) == (429, "too_many_attempts")


async def test_the_sign_in_form_is_held_back_too(served: Served, client: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=served.url) as browser:
        for _ in range(5):
            form = {"email": "kim@example.com", "password": "wrong"}
            assert (await browser.post("/login", data=form)).status_code == 401
        held = await browser.post("/login", data=form | {"password": PASSWORD})
    assert held.status_code == 429
    assert "vllm_chat_session" not in held.cookies
