"""A stand-in for the service behind nginx: says what it was sent, and streams when it is told to."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.rig.ports import LOOPBACK


@dataclass
class Upstream:
    """A running stand-in. GET /api/stream sends `first`, waits for `go_on`, then sends `second`."""

    port: int
    go_on: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        """host:port."""
        return f"{LOOPBACK}:{self.port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    upstream: Upstream


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def upstream(self) -> Upstream:
        assert isinstance(self.server, _Server)
        return self.server.upstream

    def do_GET(self) -> None:
        if self.path.startswith("/api/stream"):
            self._stream()
        else:
            self._answer({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({"path": self.path, "length": len(body)})

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def _answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Upstream", str(self.upstream.port))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(b"id: 1\nevent: delta\ndata: first\n\n")
        self.upstream.go_on.wait(10)
        self.wfile.write(b"id: 2\nevent: delta\ndata: second\n\n")


@contextlib.contextmanager
def upstream() -> Iterator[Upstream]:
    """Start it in a thread."""
    with _Server((LOOPBACK, 0), _Handler) as httpd:
        httpd.upstream = stand_in = Upstream(httpd.server_port)
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield stand_in
        finally:
            stand_in.go_on.set()
            httpd.shutdown()
            thread.join()
