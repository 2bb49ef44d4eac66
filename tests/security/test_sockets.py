"""The page's socket: only for our own pages, only with the session that opened them, and patient with nobody."""

import asyncio
import json
import logging
import re
from typing import Any

import httpx
import pytest
from nicegui import Client
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.auth.cookie import SESSION_COOKIE
from app.config import Settings
from tests.app.serving import PASSWORD, Served
from ui import sessions


@pytest.fixture
def settings(make_settings: Any) -> Settings:
    """One kind of database is enough for sockets."""
    return make_settings()  # type: ignore[no-any-return]


class Tab:
    """A page that was loaded, without a browser."""

    def __init__(self, served: Served, cookie: str, html: str) -> None:
        self.served = served
        self.cookie = cookie
        found = re.search(r"""['"]?client_id['"]?:\s*['"]([0-9a-f-]{36})['"]""", html)
        assert found is not None
        self.client_id = found[1]

    @property
    def client(self) -> Client | None:
        return Client.instances.get(self.client_id)

    async def socket(self, cookie: str | None = None, origin: str | None = None) -> ClientConnection:
        """Raw Socket.IO with the namespace opened."""
        query = f"client_id={self.client_id}&tab_id=t&document_id=d&next_message_id=0&implicit_handshake=true"
        url = f"{self.served.url.replace('http', 'ws')}/_nicegui_ws/socket.io/?EIO=4&transport=websocket&{query}"
        headers = {"Cookie": f"{SESSION_COOKIE}={cookie or self.cookie}"}
        socket = await connect(url, origin=origin or self.served.url, additional_headers=headers)  # type: ignore[arg-type]
        await socket.recv()
        await socket.send("40")
        return socket


async def open_tab(served: Served, email: str = "kim@example.com") -> Tab:
    account = {"email": email, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=served.url) as browser:
        await browser.post("/api/auth/register", json=account)
        cookie = await served.services.auth.sign_in(email, PASSWORD)
        browser.cookies.set(SESSION_COOKIE, cookie)
        page = await browser.get("/", headers={"Accept": "text/html"})
    return Tab(served, cookie, page.text)


async def answer_to_connect(socket: ClientConnection) -> str:
    async with asyncio.timeout(5):
        while not (said := str(await socket.recv())).startswith(("40", "44")):
            continue
    return said[:2]


async def closed(socket: ClientConnection) -> bool:
    try:
        async with asyncio.timeout(5):
            while True:
                await socket.recv()
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False


async def test_a_foreign_page_gets_no_socket(served: Served) -> None:
    tab = await open_tab(served)
    for origin in ("https://evil.example", "null", f"{served.url}.evil.example", "http://localhost:1"):
        with pytest.raises(InvalidStatus) as refused:
            await tab.socket(origin=origin)
        assert refused.value.response.status_code == 403


async def test_another_users_socket_does_not_drive_a_page_whose_id_it_knows(served: Served) -> None:
    kim, lee = await open_tab(served), await open_tab(served, "lee@example.com")
    own = await kim.socket()
    assert await answer_to_connect(own) == "40"
    stolen = await kim.socket(cookie=lee.cookie)
    assert await answer_to_connect(stolen) == "44"
    await stolen.close()
    heard: list[dict[str, Any]] = []
    assert kim.client is not None
    kim.client.handle_event = heard.append  # type: ignore[method-assign, assignment]
    theirs = await lee.socket()
    assert await answer_to_connect(theirs) == "40"
    event: dict[str, Any] = {"client_id": kim.client_id, "id": 1, "listener_id": "x", "args": []}
    await theirs.send("42" + json.dumps(["event", event]))
    assert await closed(theirs)
    assert heard == []
    await own.send("42" + json.dumps(["event", event]))
    async with asyncio.timeout(5):
        while not heard:
            await asyncio.sleep(0.01)
    await own.close()


async def test_a_page_of_an_ended_session_is_closed_and_deaf(served: Served) -> None:
    """Ended elsewhere: by another browser, a new password, an administrator, another process."""
    kim, lee = await open_tab(served), await open_tab(served, "lee@example.com")
    socket = await kim.socket()
    assert await answer_to_connect(socket) == "40"
    async with served.client() as program:
        assert (await program.post("/api/auth/logout-everywhere")).status_code == 204
    await sessions.close_ended(served.services)
    async with asyncio.timeout(5):
        # To the sign-in page, from which one comes back here.
        while "shell.signIn()" not in str(await socket.recv()):
            continue
    assert kim.client is None
    assert lee.client is not None
    await socket.send("42" + json.dumps(["event", {"client_id": kim.client_id, "id": 1, "args": []}]))
    with pytest.raises(InvalidStatus):
        await kim.socket()
    await socket.close()


NONSENSE = [
    "42", "42[]", "42{}", '42["event"]', '42["event", 1]', '42["event", {}]', '42["event", {"client_id": []}]',
    '42["event", {}, {}, {}]', '42["handshake", {}]', '42["handshake", null]',
    '42["ack", {}]', '42["javascript_response", {}]',
    "45-", "451-[\"event\"]", "4", "49", "46[1]", "42" + "[" * 5000, "4\x00", "42[\"\\ud800\"]",
]  # fmt: skip

# Legal in the protocol and without meaning here: nothing happens, and nothing is logged.
IGNORED = ["43", "43[]", "42[1]", '42["no such event", 1]', "3", "6"]


async def test_nonsense_closes_its_socket_with_one_line(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    tab = await open_tab(served)
    for packet in NONSENSE:
        socket = await tab.socket()
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            try:
                for _ in range(50):
                    await socket.send(packet)
            except ConnectionClosed:
                pass
            assert await closed(socket), packet
        assert len(caplog.records) <= 2, (packet, [record.getMessage() for record in caplog.records])
    for packet in IGNORED:
        socket = await tab.socket()
        caplog.clear()
        for _ in range(50):
            await socket.send(packet)
        await socket.close()
        assert [record for record in caplog.records if record.levelno > logging.INFO] == [], packet


async def test_browsers_write_no_log_lines(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    tab = await open_tab(served)
    socket = await tab.socket()
    assert await answer_to_connect(socket) == "40"
    caplog.clear()
    line = {"client_id": tab.client_id, "level": "error", "message": "x\nLOG sign-in ok user=admin"}
    for number in range(200):
        await socket.send("42" + json.dumps(["log", line | {"message": f"{number} {line['message']}"}]))
    await socket.send("2probe")
    await socket.close()
    async with asyncio.timeout(5):
        while tab.client is not None and tab.client.has_socket_connection:
            await asyncio.sleep(0.01)
    assert [record for record in caplog.records if "admin" in record.getMessage()] == []
