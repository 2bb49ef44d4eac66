"""Many streamed answers at once, read so cheaply that the reader hardly takes part in what it measures.

Only the first text of an answer is looked for while it comes; the whole is checked after the clock has stopped.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httptools
import httpx

from loadtest.bench.vllm_server import NAME
from loadtest.local_server import ServerError
from loadtest.questions import QUESTIONS
from loadtest.sse import Event, Parser


@dataclass(frozen=True)
class Load:
    """`clients` ask `rounds` short questions each, one after the other; every answer has exactly `tokens` tokens."""

    clients: int
    rounds: int
    tokens: int = 96

    @property
    def total(self) -> int:
        """Tokens of all answers."""
        return self.clients * self.rounds * self.tokens

    def questions(self) -> list[list[str]]:
        """One list per client."""
        return [
            [QUESTIONS[(client + number) % len(QUESTIONS)] for number in range(self.rounds)]
            for client in range(self.clients)
        ]


@dataclass(frozen=True)
class Outcome:
    """`seconds` from the first request to the end of the last answer; one `ttft_ms` per answer."""

    seconds: float
    ttft_ms: list[float]


@dataclass(frozen=True)
class Dialect:
    """How a route is asked, and what its events say: `text` of an event, `tokens` of a whole answer."""

    path: str
    body: Callable[[str, int], dict[str, Any]]
    text: Callable[[Event], str]
    tokens: Callable[[Sequence[Event]], int]


def _completion_text(event: Event) -> str:
    choices = [] if event.data == "[DONE]" else json.loads(event.data).get("choices", [])
    return choices[0]["delta"].get("content") or "" if choices else ""


COMPLETIONS = Dialect(
    "/v1/chat/completions",
    lambda question, tokens: {
        "model": NAME,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": tokens,
        "temperature": 0,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    _completion_text,
    # The last but one; the last is [DONE].
    lambda events: json.loads(events[-2].data)["usage"]["completion_tokens"],
)
CHAT = Dialect(
    "/api/chat",
    lambda question, tokens: {
        "content": question,
        "params": {"max_tokens": tokens, "temperature": 0, "ignore_eos": True},
    },
    lambda event: json.loads(event.data)["text"] if event.event == "delta" else "",
    lambda events: json.loads(events[-1].data)["usage"]["completion_tokens"],
)


@dataclass
class Answer:
    """What came of one request, `known` from its head on. `ended` is done when it is whole."""

    text: Callable[[Event], str]
    sent: float
    ended: asyncio.Future[None]
    known: float | None = None
    first: float | None = None
    status: int = 0
    retry_after: str | None = None
    pieces: list[bytes] = field(default_factory=list)
    _parser: Parser = field(default_factory=Parser)

    def take(self, piece: bytes) -> None:
        """A piece of the body."""
        self.pieces.append(piece)
        if self.first is None and any(self.text(event) for event in self._parser.feed(piece)):
            self.first = time.perf_counter()

    def ttft_ms(self, dialect: Dialect, tokens: int) -> float:
        """Raises ServerError unless it is the answer that was asked for."""
        body = b"".join(self.pieces)
        if self.status != 200:
            raise ServerError(f"POST {dialect.path}: {self.status} {body[:500].decode(errors='replace')}")
        if self.first is None:
            raise ServerError(f"POST {dialect.path}: an answer without a text")
        try:
            came = dialect.tokens(list(Parser().feed(body)))
        except LookupError as error:
            raise ServerError(f"POST {dialect.path}: an answer without its count of tokens") from error
        if came != tokens:
            raise ServerError(f"POST {dialect.path}: {came} tokens instead of {tokens}")
        return 1000 * (self.first - self.sent)


class Connection(asyncio.Protocol):
    """One kept connection; httptools calls the `on_` methods."""

    def __init__(self) -> None:
        self._answer: Answer | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # one that writes
        """Ready for `ask`."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer that has begun will not end any more."""
        if self._answer is not None and not self._answer.ended.done():
            self._answer.ended.set_exception(ServerError("the server closed the connection in an answer"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of the head."""
        if self._answer is not None and name.lower() == b"retry-after":
            self._answer.retry_after = value.decode()

    def on_headers_complete(self) -> None:
        """The status is known."""
        if self._answer is not None:
            self._answer.known = time.perf_counter()
            self._answer.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        """A piece of the body, without its framing."""
        if self._answer is not None:
            self._answer.take(body)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._answer is not None:
            self._answer.ended.set_result(None)

    async def ask(self, request: bytes, text: Callable[[Event], str]) -> Answer:
        """Send it and wait for the end of the answer."""
        self._parser = httptools.HttpResponseParser(self)
        ended = asyncio.get_running_loop().create_future()
        self._answer = answer = Answer(text, time.perf_counter(), ended)
        self.transport.write(request)
        await ended
        return answer


def request_of(dialect: Dialect, host: str, key: str, question: str, tokens: int) -> bytes:
    """As it goes over the connection."""
    body = json.dumps(dialect.body(question, tokens)).encode()
    head = (
        f"POST {dialect.path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def streams(url: str, dialect: Dialect, keys: Sequence[str], load: Load) -> Outcome:
    """Ask all at once; the clients share the `keys`. Raises ServerError when an answer is not what was asked for."""
    address, loop = httpx.URL(url), asyncio.get_running_loop()
    requests = [
        [
            request_of(dialect, address.netloc.decode(), keys[client % len(keys)], question, load.tokens)
            for question in questions
        ]
        for client, questions in enumerate(load.questions())
    ]
    made = [await loop.create_connection(Connection, address.host, address.port or 80) for _ in requests]

    async def client(connection: Connection, own: Sequence[bytes]) -> list[Answer]:
        return [await connection.ask(request, dialect.text) for request in own]

    try:
        async with asyncio.TaskGroup() as group:
            began = time.perf_counter()
            asked = zip(made, requests, strict=True)
            clients = [group.create_task(client(connection, own)) for (_, connection), own in asked]
        seconds = time.perf_counter() - began
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        for transport, _ in made:
            transport.close()
    return Outcome(seconds, [answer.ttft_ms(dialect, load.tokens) for own in clients for answer in own.result()])
