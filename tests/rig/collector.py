"""An OpenTelemetry collector that keeps what it gets, and what to ask of it."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

# A client's own trace.
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}


class Collector(ThreadingHTTPServer):
    """An OTLP/HTTP collector. `bodies` are what was sent to it, undecoded."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Taking)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self, trace: str | None = None) -> dict[str, Span]:
        """By name, of all traces or one; the last of a name."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        scopes = [scope for request in requests for of in request.resource_spans for scope in of.scope_spans]
        found = [span for scope in scopes for span in scope.spans]
        return {span.name: span for span in found if trace in (None, span.trace_id.hex())}


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """One that listens."""
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def told(span: Span) -> dict[str, Any]:
    """Its attributes."""
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}


def chain(spans: dict[str, Span], *names: str) -> Sequence[bytes]:
    """Each of these is below the one before it. Returns their ids."""
    found = [spans[name] for name in names]
    assert [span.parent_span_id for span in found[1:]] == [span.span_id for span in found[:-1]]
    assert len({span.trace_id for span in found}) == 1
    return [span.span_id for span in found]
