"""OpenTelemetry traces: request, admission, engine. Without CHAT_OTLP__ENDPOINT nothing of it is even imported.

Spans hold names, ids, counts and times; never a prompt, a reply, an address or the text of an error.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.tracing import trace_headers

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

SERVICE = "vllm-chat"
EXPORT_SECONDS = 5.0
PATHS = ("/api/", "/v1/", "/tokenize", "/detokenize")


class Tracing:
    """Spans go out in batches, from a thread of their own; while nobody takes them they are dropped."""

    def __init__(self, endpoint: str | None = None) -> None:
        self.endpoint = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
        self._provider = _provider(self.endpoint) if self.endpoint else None
        self._tracer = self._provider.get_tracer(SERVICE) if self._provider else None

    @contextmanager
    def span(
        self, name: str, attributes: dict[str, str] | None = None, headers: Headers | None = None
    ) -> Iterator[None]:
        """Below the present one; with the `headers` of a request below that of its client."""
        if self._tracer is None:
            yield
            return
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        above = None if headers is None else TraceContextTextMapPropagator().extract(dict(headers))
        kind = SpanKind.INTERNAL if headers is None else SpanKind.SERVER
        with self._tracer.start_as_current_span(
            # What an exception says may hold what people wrote.
            name,
            above,
            kind,
            attributes,
            record_exception=False,
            set_status_on_exception=False,
        ):
            try:
                yield
            except Exception as error:
                self.failed(type(error).__name__)
                raise

    @contextmanager
    def engine(self, model: str) -> Iterator[None]:
        """The span of one stay in the engine, whose own spans are below it."""
        with self.span("engine", {"gen_ai.request.model": model}):
            if self._tracer is None:
                yield
                return
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

            carrier: dict[str, str] = {}
            TraceContextTextMapPropagator().inject(carrier)
            token = trace_headers.set(carrier)
            try:
                yield
            finally:
                trace_headers.reset(token)

    def ended(self, model: str, status: str, receipt: dict[str, Any]) -> None:
        """The present span is that of an answer with this receipt."""
        usage, timing = receipt["usage"], receipt["timing"]
        self.note(
            {
                "gen_ai.request.model": model,
                "vllm_chat.status": status,
                "gen_ai.usage.input_tokens": usage["prompt_tokens"],
                "gen_ai.usage.output_tokens": usage["completion_tokens"],
                "vllm_chat.cached_tokens": usage["cached_tokens"],
                "vllm_chat.queue_ms": timing["queue_ms"],
                "vllm_chat.ttft_ms": timing["ttft_ms"],
            }
        )
        if status in ("error", "interrupted"):
            self.failed(status)

    def note(self, attributes: dict[str, str | int | None]) -> None:
        """About the present span."""
        if self._tracer is not None:
            from opentelemetry import trace

            known = {name: value for name, value in attributes.items() if value is not None}
            trace.get_current_span().set_attributes(known)

    def failed(self, kind: str) -> None:
        """The present span went wrong."""
        if self._tracer is not None:
            from opentelemetry import trace

            trace.get_current_span().set_status(trace.StatusCode.ERROR, kind)

    def rename(self, name: str) -> None:
        """The present span's name is known only now."""
        if self._tracer is not None:
            from opentelemetry import trace

            trace.get_current_span().update_name(name)

    async def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            await asyncio.to_thread(self._provider.shutdown)


class Traced:
    """ASGI: a span for each request of the APIs."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app, self._tracing = app, tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The route is known when the request has been answered."""
        if scope["type"] != "http" or not scope["path"].startswith(PATHS):
            await self._app(scope, receive, send)
            return
        tracing = self._tracing
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"]
        with tracing.span(method, {"http.request.method": method}, Headers(scope=scope)):
            try:
                await self._app(scope, receive, noting)
            finally:
                route = getattr(scope.get("route"), "path", "other")
                tracing.rename(f"{method} {route}")
                request_id = scope["state"]["request_id"]
                tracing.note(
                    {"http.route": route, "http.response.status_code": status, "vllm_chat.request_id": request_id}
                )
                if status is not None and status >= 500:
                    tracing.failed(str(status))


def _provider(endpoint: str) -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # vLLM reads its protocol here; its usual one is gRPC.
    os.environ.setdefault("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")
    # Ours alone: vLLM sets one for the whole process.
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint, timeout=EXPORT_SECONDS)))
    return provider
