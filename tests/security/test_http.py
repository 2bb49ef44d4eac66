"""Requests that are large, slow, ambiguous or sent under another name."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from app.config import Settings
from app.hosts import hostname, is_this_machine
from app.http_protocol import MAX_HEAD, BoundedHttp
from tests.app.serving import PASSWORD, Served, serving


async def raw(served: Served, *pieces: bytes) -> bytes:
    """Everything that comes back on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read(65_536)
    finally:
        writer.close()


AMBIGUOUS = [
    b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST /api/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHo\x00st: x\r\n\r\n",
    b"GET /healthz\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\nHost: x\n\n",
    b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


@pytest.mark.parametrize("request_", AMBIGUOUS, ids=range(len(AMBIGUOUS)))
async def test_ambiguous_requests_are_refused(sqlite: Served, request_: bytes) -> None:
    assert (await raw(sqlite, request_)).startswith(b"HTTP/1.1 400")


async def test_a_head_has_an_end(sqlite: Served) -> None:
    fits = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-A: " + b"a" * 8_000 + b"\r\n\r\n"
    assert (await raw(sqlite, fits)).startswith(b"HTTP/1.1 200")
    whole = fits.replace(b"a" * 8_000, b"a" * MAX_HEAD)
    assert (await raw(sqlite, whole)).startswith(b"HTTP/1.1 431")
    line = b"GET /" + b"a" * MAX_HEAD + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    assert (await raw(sqlite, line)).startswith(b"HTTP/1.1 431")
    endless = [b"GET /healthz HTTP/1.1\r\n", *([b"X-A: " + b"a" * 8_000 + b"\r\n"] * 6)]
    assert (await raw(sqlite, *endless)).startswith(b"HTTP/1.1 431")


async def test_a_head_that_does_not_come_closes_the_connection(sqlite: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedHttp, "head_seconds", 0.1)
    assert await raw(sqlite) == b""
    assert await raw(sqlite, b"GET /healthz HT") == b""
    assert (await raw(sqlite, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")).startswith(
        b"HTTP/1.1 200"
    )


async def test_many_ranges_are_answered_like_none(sqlite: Served) -> None:
    ranges = ",".join(f"{n}-{n}" for n in range(0, 8_000, 2))
    async with httpx.AsyncClient(base_url=sqlite.url) as anonymous:
        answer = await anonymous.get("/static/base.css", headers={"Range": f"bytes={ranges}"[:30_000]})
        whole = await anonymous.get("/static/base.css")
    assert answer.status_code in (200, 206, 416)
    assert len(answer.content) < len(whole.content) + 200_000


async def test_forms_of_accounts_are_small(sqlite: Served) -> None:
    async with httpx.AsyncClient(base_url=sqlite.url) as anonymous:
        for path in ("/api/auth/jwt/login", "/login", "/register", "/api/auth/register"):
            answer = await anonymous.post(path, data={"password": "x" * 20_000})
            assert answer.status_code == 413, path


@pytest.fixture
async def sqlite(make_settings: Callable[..., Settings]) -> object:
    async with serving(make_settings()) as served:
        yield served


HOSTS = [
    ("chat.example.com", 200), ("chat.example.com:443", 200), ("CHAT.example.com", 200), ("127.0.0.1", 200),
    ("localhost:8000", 200), ("[::1]:8000", 200), ("10.0.0.7", 200),
    ("evil.example", 400), ("chat.example.com.evil.example", 400), ("evil.example:chat.example.com", 400),
    ("chat.example.com@evil.example", 400), ("", 400), ("evil.example/chat.example.com", 400), ("a b", 400),
]  # fmt: skip


async def test_only_our_own_names(make_settings: Callable[..., Settings]) -> None:
    async with serving(make_settings(public_url="https://chat.example.com")) as served:
        async with httpx.AsyncClient(base_url=served.url) as anonymous:
            for host, status in HOSTS:
                answer = await anonymous.get("/login", headers={"Host": host})
                assert answer.status_code == status, host
                assert "evil.example" not in answer.text
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert (await anonymous.get("/healthz", headers={"Host": "app:8000"})).status_code == 200
            cookies = await anonymous.post(
                "/register",
                data={"email": "kim@example.com", "password": PASSWORD},
                headers={"Origin": "https://chat.example.com"},
            )
        header = cookies.headers["set-cookie"]
        assert header.startswith("__Host-vllm_chat_session=")
        assert "Secure" in header
        assert "Domain" not in header
        assert cookies.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


async def test_a_name_led_here_does_not_make_the_first_administrator(make_settings: Callable[..., Settings]) -> None:
    """DNS rebinding: a page of another site registers through the browser of whoever runs the service."""
    async with serving(make_settings()) as served, httpx.AsyncClient(base_url=served.url) as page:
        account = {"email": "mallory@example.com", "password": PASSWORD}
        answer = await page.post("/api/auth/register", json=account, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.json()["role"]) == (201, "member")


def test_names_of_this_machine() -> None:
    for name in ("localhost", "app.localhost", "127.0.0.1", "127.8.8.8", "::1"):
        assert is_this_machine(name)
    for name in ("localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "0x7f000001"):
        assert not is_this_machine(name)
    assert hostname("[::1]:8000") == "::1"
    assert hostname("[bad") == ""
