"""The chat page as a browser opens it, without drawing it: sign in, load `/`, connect its socket, close."""

import ast
import asyncio
import contextlib
import html
import json
import re
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx

TIMEOUT = 60
SOCKET_PATH = "/_nicegui_ws/socket.io/"
# Packets of Engine.IO 4, with a packet of Socket.IO in the third.
PING, PONG, CONNECT = "2", "3", "40"
# What the page tells its own script to connect with, as Python writes it.
_ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)
# The part of a page that shows text of an answer, and the end of one.
TEXT, END = "md-block", "receipt-line"
_QUERY = re.compile(r"query: (\{.*?\}),?\s*$", re.MULTILINE)


class Tab:
    """An open page: reads what the server sends and answers its pings, as a page does that nobody touches."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, composer: dict[str, Any], wanted: str = "") -> None:
        self._socket, self._composer, self._wanted = socket, composer, wanted
        self._told, self._ended = asyncio.Event(), asyncio.Event()
        self.received = 0  # characters
        self.updates: list[float] = []  # when the page was told something, since the first text of the last answer
        self._reading = asyncio.create_task(self._read())

    @property
    def connected(self) -> bool:
        """False when the server has closed it."""
        return not self._reading.done()

    async def _read(self) -> None:
        async for message in self._socket:
            self.received += len(message.data)
            if message.data == PING:
                await self._socket.send_str(PONG)
                continue
            self.updates.append(time.perf_counter())
            self.see(message.data)

    def see(self, text: str) -> None:
        """The server has sent this."""
        if self._wanted in text:
            self._told.set()
        # A short answer comes with its end in one message.
        if self._told.is_set() and END in text:
            self._ended.set()

    async def told(self) -> None:
        """Return when the server has sent what is wanted. Raises RuntimeError when it does not within a minute."""
        await _within_a_minute(self._told, self._wanted)

    async def begin(self, text: str) -> float:
        """Send a message as the composer does, and wait for its answer; seconds to the first text."""
        self._wanted, self._told, self._ended = TEXT, asyncio.Event(), asyncio.Event()
        event = self._composer | {"args": [json.dumps({"content": text, "key": str(uuid.uuid4())})]}
        began = time.perf_counter()
        await self._socket.send_str("42" + json.dumps(["event", event]))
        await self.told()
        self.updates = [time.perf_counter()]
        return self.updates[0] - began

    async def ask(self, text: str) -> float:
        """The same, and wait for the whole answer."""
        first = await self.begin(text)
        await _within_a_minute(self._ended, END)
        return first

    async def close(self) -> None:
        """As a browser that leaves."""
        await self._socket.close()
        await self._reading


class Browser:
    """One signed-in browser; every `open` is a new tab."""

    def __init__(self, http: httpx.AsyncClient, url: str, session: aiohttp.ClientSession) -> None:
        self._http = http
        self._url = url
        self._session = session

    async def open(self) -> None:
        """Load the page, connect, receive the first messages, close the tab."""
        async with self.tab():
            await asyncio.sleep(0.05)

    async def until(self, path: str, text: str) -> float:
        """Load a page and wait until the server has sent a text to it; seconds. Raises RuntimeError after a minute."""
        began = time.perf_counter()
        async with self.tab(path, text) as tab:
            await tab.told()
            return time.perf_counter() - began

    async def newest(self) -> str:
        """The path of the conversation that was written in last."""
        answer = await self._http.get("/api/conversations", params={"limit": 1})
        answer.raise_for_status()
        return f"/c/{answer.json()['items'][0]['id']}"

    @contextlib.asynccontextmanager
    async def tab(self, path: str = "/", wanted: str = "") -> AsyncIterator[Tab]:
        """A page with its socket, which lives as long as the block. Raises aiohttp.ClientError when it gets none."""
        page = await self._http.get(path)
        page.raise_for_status()
        found = _QUERY.search(page.text)
        if found is None:
            raise RuntimeError(f"{page.url} is not the chat page")
        query = ast.literal_eval(found[1]) | {"tab_id": str(uuid.uuid4()), "document_id": str(uuid.uuid4())}
        params = {name: _plain(value) for name, value in query.items()} | {"EIO": "4", "transport": "websocket"}
        cookies = "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())
        headers = {"Cookie": cookies, "Origin": self._url}
        async with self._session.ws_connect(self._url + SOCKET_PATH, params=params, headers=headers) as socket:
            await socket.receive_str()
            await socket.send_str(CONNECT)
            answer = await socket.receive_str()
            if not answer.startswith(CONNECT):
                raise RuntimeError(f"the page's socket was refused: {answer}")
            tab = Tab(socket, _composer(page.text) | {"client_id": query["client_id"]}, wanted)
            tab.see(page.text)
            try:
                yield tab
            finally:
                await tab.close()


async def _within_a_minute(event: asyncio.Event, what: str) -> None:
    try:
        async with asyncio.timeout(TIMEOUT):
            await event.wait()
    except TimeoutError:
        raise RuntimeError(f"the server has not sent {what!r}") from None


def _composer(page: str) -> dict[str, Any]:
    """What the page's script knows of the message field: the id of the element and of who listens to it."""
    found = _ELEMENTS.search(page)
    elements = json.loads(html.unescape(found[1])) if found else {}
    for element_id, element in elements.items():
        if element.get("tag") == "nicegui-composer":
            listener = next(event["listener_id"] for event in element["events"] if event["type"] == "send")
            return {"id": int(element_id), "listener_id": listener}
    return {}


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextlib.asynccontextmanager
async def signed_in(url: str, email: str, password: str) -> AsyncIterator[Browser]:
    """Sign in with the form, as people do; the cookie is the browser's."""
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False) as http:
        answer = await http.post("/login", data={"email": email, "password": password}, headers={"Origin": url})
        if answer.status_code != 303 or not http.cookies:
            raise RuntimeError(f"POST /login: {answer.status_code}")
        # As many sockets at once as there are tabs.
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            yield Browser(http, url, session)
