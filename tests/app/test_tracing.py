"""Traces as a collector gets them: who is below whom, W3C headers in and out, and never a word of what people wrote."""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from app.config import Settings
from engine.base import Delta, Prompt, Sampling, Written
from engine.errors import EngineError
from engine.tracing import trace_headers
from tests.app.openai_calls import ALL, CHAT, scripted_api
from tests.app.serving import Served, chat, serving, text_of
from tests.scripted_engine import REPLY, ScriptedEngine
from tests.scripted_remote import KEY, scripted_remote

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
QUESTION = "a secret question"


class Collector(ThreadingHTTPServer):
    """An OTLP/HTTP collector. `bodies` are what was sent to it, undecoded."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Taking)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> dict[str, Span]:
        """By name; the last of a name."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        scopes = [scope for request in requests for of in request.resource_spans for scope in of.scope_spans]
        return {span.name: span for scope in scopes for span in scope.spans}


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


class ToldEngine(ScriptedEngine):
    """Remembers what it was told about the trace of each request, as vLLM would be."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[dict[str, str] | None] = []

    async def stream(
        self, request_id: str, prompt: Prompt, sampling: Sampling, written: Written | None = None
    ) -> AsyncGenerator[Delta, None]:
        self.told.append(trace_headers.get())
        async for delta in super().stream(request_id, prompt, sampling, written):
            yield delta


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
async def traced(make_settings: Callable[..., Settings], collector: Collector) -> AsyncIterator[Served]:
    """Spans are there when it has stopped."""
    async with serving(make_settings(otlp={"endpoint": collector.url}), ToldEngine()) as instance:
        await instance.services.engine.wait_ready()
        yield instance


def told(span: Span) -> dict[str, Any]:
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}


def chain(spans: dict[str, Span], *names: str) -> Sequence[bytes]:
    """Each of these is below the one before it. Returns their ids."""
    found = [spans[name] for name in names]
    assert [span.parent_span_id for span in found[1:]] == [span.span_id for span in found[:-1]]
    assert len({span.trace_id for span in found}) == 1
    return [span.span_id for span in found]


async def test_an_answer_of_the_chat(traced: Served, collector: Collector) -> None:
    async with traced.client() as kim:
        kim.headers.update(TRACEPARENT)
        events = await chat(kim, QUESTION)
    assert text_of(events) == REPLY
    await traced.stop()
    spans = collector.spans()
    *_, engine = chain(spans, "POST /api/chat", "generation", "engine")
    chain(spans, "POST /api/chat", "generation", "admission")
    assert (spans["POST /api/chat"].trace_id.hex(), spans["POST /api/chat"].parent_span_id.hex()) == (TRACE, CALLER)
    assert spans["POST /api/chat"].kind == Span.SPAN_KIND_SERVER
    assert told(spans["POST /api/chat"]) | {"vllm_chat.request_id": ""} == {
        "http.request.method": "POST",
        "http.route": "/api/chat",
        "http.response.status_code": 200,
        "vllm_chat.request_id": "",
    }
    usage = events[-1]["data"]["usage"]
    about = told(spans["generation"])
    assert (about["gen_ai.usage.input_tokens"], about["gen_ai.usage.output_tokens"]) == (
        usage["prompt_tokens"],
        usage["completion_tokens"],
    )
    assert about["vllm_chat.generation_id"] == events[0]["data"]["generation_id"]
    assert isinstance(traced.engine, ToldEngine)
    assert traced.engine.told == [{"traceparent": f"00-{TRACE}-{engine.hex()}-01"}]
    sent = b"".join(collector.bodies)
    assert not any(word.encode() in sent for word in (QUESTION, "Markdown", "kim@example.com", "127.0.0.1"))


async def test_a_call_of_the_openai_api(traced: Served, collector: Collector) -> None:
    scripted_api(traced)
    async with traced.client() as kim:
        assert (await kim.post(CHAT, json=ALL[CHAT], headers=TRACEPARENT)).status_code == 200
    await traced.stop()
    spans = collector.spans()
    chain(spans, f"POST {CHAT}", "engine")
    chain(spans, f"POST {CHAT}", "admission")
    about = told(spans[f"POST {CHAT}"])
    assert (about["gen_ai.usage.output_tokens"], about["gen_ai.request.model"]) == (3, "scripted")
    assert spans[f"POST {CHAT}"].trace_id.hex() == TRACE


async def test_what_fails_is_marked_without_its_words(traced: Served, collector: Collector) -> None:
    traced.engine.failure = EngineError("secret words")
    async with traced.client() as kim:
        assert (await chat(kim, QUESTION))[-1]["event"] == "error"
    await traced.stop()
    spans = collector.spans()
    assert [spans[name].status.code for name in ("generation", "engine")] == [Status.STATUS_CODE_ERROR] * 2
    assert spans["engine"].status.message == "EngineError"
    assert b"secret words" not in b"".join(collector.bodies)


async def test_a_remote_engine_joins_the_trace(make_settings: Callable[..., Settings], collector: Collector) -> None:
    async with scripted_remote() as remote:
        remote.models = [{"id": "near"}]
        models = [{"name": "near", "base_url": remote.url, "api_key": KEY}]
        settings = make_settings(otlp={"endpoint": collector.url}, models=models)
        async with serving(settings) as served, served.client() as kim:
            await asyncio.wait_for(served.services.backends.by_name("near").supervisor.wait_ready(), 10)
            await chat(kim, QUESTION, model="near")
    engine = collector.spans()["engine"]
    # The warm-up of the engine belongs to no trace.
    [told_there] = filter(None, remote.traces)
    assert told_there.split("-")[1:3] == [engine.trace_id.hex(), engine.span_id.hex()]


async def test_without_an_endpoint_nobody_is_told(make_settings: Callable[..., Settings]) -> None:
    engine = ToldEngine()
    async with serving(make_settings(), engine) as served, served.client() as kim:
        await served.services.engine.wait_ready()
        assert text_of(await chat(kim, QUESTION)) == REPLY
    assert engine.told == [None]


async def test_a_collector_that_is_away_disturbs_nobody(make_settings: Callable[..., Settings]) -> None:
    async with serving(make_settings(otlp={"endpoint": "http://127.0.0.1:9"})) as served, served.client() as kim:
        await served.services.engine.wait_ready()
        assert text_of(await chat(kim, QUESTION)) == REPLY
