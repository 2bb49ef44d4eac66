"""Traces as a collector gets them: who is below whom, W3C headers in and out, and never a word of what people wrote."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from app.config import Settings
from engine.base import Delta, Prompt, Sampling, Written
from engine.errors import EngineError
from engine.tracing import trace_headers
from tests.app.openai_calls import ALL, CHAT, scripted_api
from tests.app.serving import Served, chat, serving, text_of
from tests.rig.collector import CALLER, TRACE, TRACEPARENT, Collector, chain, collecting, told
from tests.scripted_engine import REPLY, ScriptedEngine
from tests.scripted_remote import KEY, scripted_remote

QUESTION = "a secret question"


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
    with collecting() as running:
        yield running


@pytest.fixture
async def traced(make_settings: Callable[..., Settings], collector: Collector) -> AsyncIterator[Served]:
    """Spans are there when it has stopped."""
    async with serving(make_settings(otlp={"endpoint": collector.url}), ToldEngine()) as instance:
        await instance.services.engine.wait_ready()
        yield instance


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
