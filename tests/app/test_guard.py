"""Guard by default, cross-site requests, socket origin, and the headers of pages."""

import re
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi.routing import APIRoute
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.auth.cookie import SESSION_COOKIE
from app.auth.guard import DOCS, PUBLIC, PUBLIC_PREFIXES
from app.config import Settings
from tests.app.serving import PASSWORD, Served, serving

SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"


@pytest.fixture
async def anonymous(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.url) as client:
        yield client


@pytest.fixture
async def browser(served: Served, anonymous: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client with the cookie of a signed-in browser."""
    user = {"email": "kim@example.com", "password": PASSWORD}
    await anonymous.post("/api/auth/register", json=user)
    anonymous.cookies.set(SESSION_COOKIE, await served.services.auth.sign_in(user["email"], user["password"]))
    return anonymous


async def test_every_route_that_is_not_listed_needs_a_user(served: Served, anonymous: httpx.AsyncClient) -> None:
    checked = 0
    for route in served.app.routes:
        if not isinstance(route, APIRoute) or route.path in PUBLIC | DOCS or route.path.startswith(PUBLIC_PREFIXES):
            continue
        path = re.sub(r"{[^}]*}", "00000000-0000-0000-0000-000000000000", route.path)
        for method in route.methods:
            answer = await anonymous.request(method, path, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code in (401, 303), (method, path, answer.status_code)
            checked += 1
    assert checked > 12


async def test_pages_lead_to_the_sign_in(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get("/c/abc?lang=ko", headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/c/abc%3Flang%3Dko"


async def test_a_cookie_is_not_enough_from_another_site(browser: httpx.AsyncClient) -> None:
    cases: list[tuple[dict[str, str], int]] = [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({}, 201),
    ]
    for headers, status in cases:
        answer = await browser.post("/api/conversations", json={}, headers=headers)
        assert answer.status_code == status, headers


async def test_a_foreign_sign_in_form_signs_nobody_in(anonymous: httpx.AsyncClient) -> None:
    form = {"email": "kim@example.com", "password": PASSWORD}
    answer = await anonymous.post("/login", data=form, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert not answer.cookies


async def test_signing_out_with_an_expired_session_leads_to_the_form(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


async def test_a_bearer_token_needs_no_origin(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/conversations", json={}, headers={"Origin": "https://app.example"})
    assert answer.status_code == 201


async def test_the_socket_takes_only_our_own_signed_in_pages(served: Served, browser: httpx.AsyncClient) -> None:
    url = served.url.replace("http", "ws") + SOCKET
    cookie = {"Cookie": f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"}
    for origin, headers in [("https://evil.example", cookie), (None, cookie), (served.url, {})]:
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, origin=origin, additional_headers=headers)  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
    async with connect(url, origin=served.url, additional_headers=cookie) as socket:  # type: ignore[arg-type]
        assert str(await socket.recv()).startswith("0")


async def test_pages_carry_the_headers_and_a_fresh_nonce(served: Served, anonymous: httpx.AsyncClient) -> None:
    seen = set()
    login = await anonymous.get("/login", headers={"Accept": "text/html"})
    form = {"email": "kim@example.com", "password": PASSWORD, "next": "/"}
    await anonymous.post("/register", data=form)
    pages = [await anonymous.get("/", headers={"Accept": "text/html"}) for _ in range(2)]
    for answer in (login, *pages):
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        nonce = re.search(r"'nonce-([\w-]{32,})'", policy)
        assert nonce is not None
        seen.add(nonce[1])
        assert "script-src 'self' 'nonce-" in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0]
        scripts = re.findall(r"<script[^>]*>", answer.text)
        assert all(f'nonce="{nonce[1]}"' in script for script in scripts)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "camera=()" in answer.headers["Permissions-Policy"]
    assert len(seen) == 3


async def test_a_request_id_is_kept_only_when_it_is_harmless(anonymous: httpx.AsyncClient) -> None:
    kept = await anonymous.get("/healthz", headers={"X-Request-ID": "abc-1.2"})
    assert kept.headers["X-Request-ID"] == "abc-1.2"
    for bad in ("a b", "x" * 65, "a\tb"):
        answer = await anonymous.get("/healthz", headers={"X-Request-ID": bad})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


async def test_other_origins_read_answers_only_when_they_are_listed(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(cors_origins=["https://app.example"])
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with serving(settings) as served, httpx.AsyncClient(base_url=served.url) as client:
        for origin, allowed in [
            ("https://app.example", "https://app.example"),
            ("https://app.example.evil.example", None),
            ("https://evil-app.example", None),
            ("null", None),
        ]:
            answer = await client.options("/api/chat", headers={"Origin": origin} | preflight)
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed
            assert "Access-Control-Allow-Credentials" not in answer.headers
