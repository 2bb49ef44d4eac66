"""What uvicorn leaves open in front of the application: how large the head of a request may be, and how long it may
take. nginx bounds both too; this holds when nothing stands before the service."""

import asyncio

from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 32 * 1024

_too_large = PlainTextResponse("The request line and its headers are too large.", 431, {"Connection": "close"})


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 whose heads end: at most MAX_HEAD bytes within `head_seconds`, from the connection or the last answer
    on. Bodies are bounded by `app.middleware`."""

    head_seconds = 10.0
    _head = 0
    _reading_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """The clock of the first head starts."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_clock()
        super().connection_lost(exc)

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
        """The head is whole; one that came in a single piece is measured here."""
        self._stop_clock()
        self._reading_head = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        self.app = _too_large if size > MAX_HEAD else self.config.loaded_app
        super().on_headers_complete()

    def _start_clock(self) -> None:
        self._stop_clock()
        self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self.transport.close()
