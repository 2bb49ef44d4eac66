"""One account that asks over HTTP and reads its answers with the time of every event."""

import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from loadtest.sse import Parser

TIMEOUT = 600.0


@dataclass(frozen=True)
class Moment:
    """An event and when it arrived, on the clock of `time.perf_counter`."""

    at: float
    event: str
    data: dict[str, Any]


@dataclass
class Turn:
    """A question and its whole answer."""

    sent: float
    moments: list[Moment] = field(default_factory=list)

    def data(self, event: str) -> dict[str, Any]:
        """Of the first `event`. Raises LookupError, with what the server said instead, when there was none."""
        for moment in self.moments:
            if moment.event == event:
                return moment.data
        raise LookupError(f"no {event} event; the last was {self.moments[-1:]}")

    def at(self, event: str) -> float:
        """When the first `event` came, in seconds."""
        return next(moment.at for moment in self.moments if moment.event == event)

    @property
    def ttft_ms(self) -> float:
        """From sending the question to the first text, by our own clock."""
        return 1000 * (self.at("delta") - self.sent)


class User:
    """Make one with `signed_up`. `params` are those of `POST /api/chat`."""

    def __init__(self, http: httpx.AsyncClient, email: str, password: str) -> None:
        self.http = http
        self.email = email
        self.password = password

    @contextlib.asynccontextmanager
    async def asking(
        self, content: str, conversation_id: str | None = None, **params: Any
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Send a question; the block reads the stream."""
        body: dict[str, Any] = {"content": content, "params": params}
        if conversation_id is not None:
            body["conversation_id"] = conversation_id
        headers = {"Accept": "text/event-stream"}
        async with self.http.stream("POST", "/api/chat", json=body, headers=headers) as response:
            if response.status_code != 200:
                raise RuntimeError(f"POST /api/chat: {response.status_code} {(await response.aread()).decode()}")
            yield response.aiter_raw()

    async def ask(
        self,
        content: str,
        conversation_id: str | None = None,
        seen: Callable[[Moment], None] = lambda _: None,
        **params: Any,
    ) -> Turn:
        """The answer to its end; `seen` is told every event as it comes. Raises RuntimeError without a `done`."""
        turn, parser = Turn(time.perf_counter()), Parser()
        async with self.asking(content, conversation_id, **params) as chunks:
            async for chunk in chunks:
                now = time.perf_counter()
                for event in parser.feed(chunk):
                    turn.moments.append(Moment(now, event.event, json.loads(event.data)))
                    seen(turn.moments[-1])
        if not turn.moments or turn.moments[-1].event != "done":
            raise RuntimeError(f"an answer ended without done: {turn.moments[-1:]}")
        return turn

    async def api_key(self) -> str:
        """A new key of this account that may chat."""
        answer = await self.http.post("/api/keys", json={"name": "load test", "scopes": ["chat"]})
        answer.raise_for_status()
        key: str = answer.json()["key"]
        return key

    async def exhaust(self, content: str, **params: Any) -> None:
        """Read an answer as cheaply as possible, for those who only are there to be many."""
        tail = b""
        async with self.asking(content, **params) as chunks:
            async for chunk in chunks:
                tail = tail[-1000:] + chunk
        if b"event: done" not in tail:
            raise RuntimeError(f"an answer ended without done: {tail!r}")


@contextlib.asynccontextmanager
async def signed_up(url: str) -> AsyncIterator[User]:
    """A new account with a token and as many connections as it likes."""
    email, password = f"load-{uuid.uuid4()}@example.com", uuid.uuid4().hex
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, limits=limits, trust_env=False) as http:
        answer = await http.post("/api/auth/register", json={"email": email, "password": password})
        answer.raise_for_status()
        answer = await http.post("/api/auth/jwt/login", data={"username": email, "password": password})
        answer.raise_for_status()
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield User(http, email, password)
