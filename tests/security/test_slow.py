"""Clients that send a body or read an answer too slowly, with the times of the service shortened."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.auth.cookie import SESSION_COOKIE
from app.config import Settings
from app.http_protocol import BoundedHttp
from app.unread import EndsUnread
from tests.app.serving import Served, chat, read_events, serving, text_of
from tests.rig.nginx import nginx
from tests.scripted_engine import ScriptedEngine
from tests.security.test_sockets import open_tab

LONG = " ".join(["ten-thousand-letters" * 500] * 100)
FORM = b"POST /api/auth/jwt/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"


def closed(doing: str) -> float:
    """How many connections were ended."""
    return REGISTRY.get_sample_value("chat_slow_clients_closed_total", {"doing": doing}) or 0.0


@pytest.fixture
async def served(make_settings: Callable[..., Settings]) -> AsyncIterator[Served]:
    async with serving(make_settings(), ScriptedEngine(reply=LONG)) as instance:
        yield instance


async def trickle(port: int, head: bytes, tls: ssl.SSLContext | None = None) -> bytes:
    """What comes back while the body of `head` comes byte by byte; returns when the connection is closed."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
    )

    async def drip() -> None:
        piece = b"1\r\na\r\n" if b"chunked" in head else b"a"
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.05)

    writer.write(head + b"\r\n")
    dripping = asyncio.create_task(drip())
    answer = b""
    try:
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionResetError):
                while piece := await reader.read(1000):
                    answer += piece
        return answer
    finally:
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
        writer.close()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedHttp, "body_seconds", 0.3)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("length", [b"Content-Length: 9000\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_a_body_that_trickles_is_closed(served: Served, length: bytes, caplog: pytest.LogCaptureFixture) -> None:
    port, before = int(served.url.rpartition(":")[2]), closed("sending")
    assert (await trickle(port, FORM + length)).startswith(b"HTTP/1.1 408")
    # Also when the answer has been given without looking at the body.
    refused = await trickle(port, b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\n" + length)
    assert refused.startswith(b"HTTP/1.1 401")
    assert refused.count(b"HTTP/1.1") == 1
    assert closed("sending") == before + 2
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.usefixtures("hurried")
async def test_nginx_hands_a_trickle_on(served: Served, nginx_installed: None) -> None:
    before = closed("sending")
    with nginx([served.url.removeprefix("http://")]) as proxy:
        answer = await trickle(proxy.https_port, FORM + b"Content-Length: 9000\r\n", proxy.tls)
    assert answer.startswith(b"HTTP/1.1 408")
    assert closed("sending") == before + 1


@pytest.mark.usefixtures("hurried")
async def test_a_slow_upload_that_goes_on_is_taken(served: Served) -> None:
    served.engine.reply = "taken"

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"content": "', b"x" * 4000, b"x" * 4000, b"x" * 4000, b'"}'):
            yield piece
            await asyncio.sleep(0.2)

    async with served.client() as client:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        answer = await client.post("/api/chat", content=pieces(), headers=headers)
    assert answer.json()["content"] == "taken"


@pytest.mark.usefixtures("hurried")
async def test_the_services_own_time_is_not_the_clients(served: Served) -> None:
    """A body that waits for the application is not slow, however late the application reads it."""

    async def late(request: Request) -> Response:
        await asyncio.sleep(1)
        return Response(str(len(await request.body())))

    served.app.router.routes.insert(0, Route("/api/users/me/late", late, methods=["POST"]))
    async with served.client() as client:
        answer = await client.post("/api/users/me/late", content=b"x" * 200_000)
    assert answer.text == "200000"


class Reader:
    """Somebody with a small window who reads when he is told to."""

    def __init__(self, served: Served, request: str) -> None:
        self._address = ("127.0.0.1", int(served.url.rpartition(":")[2]))
        self._request = request.encode()

    async def __aenter__(self) -> "Reader":
        loop = asyncio.get_running_loop()
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setblocking(False)
        await loop.sock_connect(self.socket, self._address)
        await loop.sock_sendall(self.socket, self._request)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.socket.close()

    async def read(self) -> bytes:
        """What there is; nothing at the end. Raises ConnectionResetError when the service has ended it."""
        async with asyncio.timeout(10):
            return await asyncio.get_running_loop().sock_recv(self.socket, 16_384)

    async def rest(self) -> bytes:
        """Everything to the end."""
        everything = b""
        while piece := await self.read():
            everything += piece
        return everything


def request_for_an_answer(client: httpx.AsyncClient) -> str:
    """`POST /api/chat` on the wire."""
    body = '{"content": "long"}'
    head = f"Host: localhost\r\nAuthorization: {client.headers['Authorization']}\r\nContent-Length: {len(body)}"
    return f"POST /api/chat HTTP/1.1\r\n{head}\r\nContent-Type: application/json\r\n\r\n{body}"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_who_does_not_read_is_ended_and_disturbs_nobody(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EndsUnread, "unread_seconds", 0.5)
    connections, before = served.server.server_state.connections, closed("reading")
    async with served.client() as client, Reader(served, request_for_an_answer(client)) as stalled:
        await until(lambda: bool(served.engine.prompts))
        others = await asyncio.gather(*(chat(client) for _ in range(3)))
        assert {text_of(events) for events in others} == {LONG}
        assert not served.engine.running
        assert sum(one.transport.get_write_buffer_size() for one in connections) < 2 * len(LONG)
        await until(lambda: closed("reading") == before + 1)
        with pytest.raises(ConnectionResetError):
            await stalled.rest()
        listed = (await client.get("/api/conversations")).json()["items"]
        messages = [(await client.get(f"/api/conversations/{one['id']}/messages")).json()["items"] for one in listed]
        assert [[item["status"] for item in items if item["role"] == "assistant"] for items in messages] == [
            ["done"]
        ] * 4


async def test_whoever_waits_or_reads_slowly_is_not_ended(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EndsUnread, "unread_seconds", 0.3)
    before = closed("reading")
    served.engine.gate.clear()
    async with served.client() as client, Reader(served, request_for_an_answer(client)) as slow:
        async with client.stream("POST", "/api/chat", json={"content": "wait"}) as response:
            events = read_events(response)
            assert (await anext(events))["event"] == "queued"
            await asyncio.sleep(0.7)
            served.engine.gate.set()
            assert [event["event"] async for event in events][-1] == "done"
        seen = b""
        while b"event: done" not in seen[-20_000:]:
            seen += await slow.read()
            await asyncio.sleep(0.01)
    assert len(seen) > len(LONG)
    assert closed("reading") == before


async def test_a_socket_that_is_not_read_is_ended(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EndsUnread, "unread_seconds", 0.3)
    before = closed("reading")
    tab = await open_tab(served)
    query = f"client_id={tab.client_id}&tab_id=t&document_id=d&next_message_id=0&implicit_handshake=true"
    lines = [
        f"GET /_nicegui_ws/socket.io/?EIO=4&transport=websocket&{query} HTTP/1.1",
        f"Host: {served.url.removeprefix('http://')}",
        f"Origin: {served.url}",
        f"Cookie: {SESSION_COOKIE}={tab.cookie}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==",
    ]
    async with Reader(served, "\r\n".join([*lines, "", ""])) as stalled:
        assert (await stalled.read()).startswith(b"HTTP/1.1 101")
        # "40" opens the namespace; the mask is zero.
        await asyncio.get_running_loop().sock_sendall(stalled.socket, b"\x81\x82\x00\x00\x00\x0040")
        page = tab.client
        assert page is not None
        await until(lambda: page.has_socket_connection)
        page.run_javascript(f"'{LONG}'")
        await until(lambda: closed("reading") == before + 1)
        with pytest.raises(ConnectionResetError):
            await stalled.rest()
        await until(lambda: not page.has_socket_connection)
