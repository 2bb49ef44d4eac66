"""What uvicorn leaves open in front of the application: how large the head of a request may be, and how long head, body
and the reading of the answer may take. nginx bounds these too; this holds when nothing stands before the service."""

import asyncio

from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app import metrics
from app.unread import EndsUnread

MAX_HEAD = 32 * 1024
# Bytes of a body that must come in a second, when it takes longer than `body_seconds`. nginx counts from byte to byte.
MIN_BODY_RATE = 2 * 1024

_too_large = PlainTextResponse("The request line and its headers are too large.", 431, {"Connection": "close"})


class BoundedSocket(EndsUnread, WebSocketsSansIOProtocol):
    """A websocket; its own pings do not end it as long as something waits to be read."""


class BoundedHttp(EndsUnread, HttpToolsProtocol):
    """HTTP/1.1 whose heads and bodies end: heads of at most MAX_HEAD bytes within `head_seconds`, from the connection
    or the last answer on; bodies, which `app.middleware` bounds in size, within `body_seconds` and what MIN_BODY_RATE
    allows for the bytes that have come."""

    head_seconds = 10.0
    body_seconds = 10.0
    _head = 0
    _reading_head = True
    _body = 0
    _body_began = 0.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The clock of the first head starts."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_clock()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """From here on it is the socket's connection."""
        self._stop_clock()
        self.forget_unread()
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        """Ends the connection when a head does not end."""
        if self._reading_head:
            self._head += len(data)
        super().data_received(data)
        if self._reading_head and self._head > MAX_HEAD:
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n")
            self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if not self._reading_head:
            self._reading_head, self._head = True, 0
            self._start_clock()

    def on_headers_complete(self) -> None:
        """The head is whole; one that came in a single piece is measured here. The clock of the body starts."""
        self._reading_head = False
        self._start_body_clock()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        self.app = _too_large if size > MAX_HEAD else self.config.loaded_app
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._stop_clock()
        super().on_message_complete()

    def _start_clock(self) -> None:
        self._stop_clock()
        self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def _start_body_clock(self) -> None:
        self._stop_clock()
        self._body, self._body_began = 0, self.loop.time()
        self._deadline = self.loop.call_later(self.body_seconds, self._look_at_body)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _look_at_body(self) -> None:
        if self.flow.read_paused:
            # It is the application that takes its time.
            self._start_body_clock()
            return
        due = self._body_began + self.body_seconds + self._body / MIN_BODY_RATE
        if self.loop.time() < due:
            self._deadline = self.loop.call_at(due, self._look_at_body)
            return
        metrics.slow_clients_closed.labels("sending").inc()
        if self.cycle is not None and not self.cycle.response_started and not self.pipeline:
            self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
        self._give_up()

    def _give_up(self) -> None:
        self.transport.close()
