"""The chat page as a browser opens it, without drawing it: sign in, load `/`, connect its socket, close."""

import ast
import contextlib
import re
import uuid
from collections.abc import AsyncIterator

import aiohttp
import httpx
import socketio

TIMEOUT = 60
SOCKET_PATH = "/_nicegui_ws/socket.io"
# What the page tells its own script to connect with, as Python writes it.
_QUERY = re.compile(r"query: (\{.*?\}),?\s*$", re.MULTILINE)


class Browser:
    """One signed-in browser; every `open` is a new tab."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def open(self) -> None:
        """Load the page, connect, receive the first messages, close the tab."""
        async with self.tab() as socket:
            await socket.sleep(0.05)

    @contextlib.asynccontextmanager
    async def tab(self) -> AsyncIterator[socketio.AsyncClient]:
        """A page with its socket, which lives as long as the block."""
        page = await self._http.get("/")
        page.raise_for_status()
        found = _QUERY.search(page.text)
        if found is None:
            raise RuntimeError(f"{page.url} is not the chat page")
        tab = str(uuid.uuid4())
        query = ast.literal_eval(found[1]) | {"tab_id": tab, "document_id": str(uuid.uuid4())}
        address = httpx.URL(self._url, params={name: _plain(value) for name, value in query.items()})
        cookies = "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())
        headers = {"Cookie": cookies, "Origin": self._url}
        async with aiohttp.ClientSession() as session:
            socket = socketio.AsyncClient(reconnection=False, http_session=session, request_timeout=TIMEOUT)
            path = {"socketio_path": SOCKET_PATH, "transports": ["websocket"], "wait_timeout": TIMEOUT}
            await socket.connect(str(address), headers, **path)
            try:
                yield socket
            finally:
                await socket.disconnect()


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextlib.asynccontextmanager
async def signed_in(url: str, email: str, password: str) -> AsyncIterator[Browser]:
    """Sign in with the form, as people do; the cookie is the browser's."""
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False) as http:
        answer = await http.post("/login", data={"email": email, "password": password}, headers={"Origin": url})
        if answer.status_code != 303 or not http.cookies:
            raise RuntimeError(f"POST /login: {answer.status_code}")
        yield Browser(http, url)
