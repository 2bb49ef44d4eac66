"""What every engine must do; the scripted one and real vLLM pass the same tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from engine.base import ChatMessage, Engine, EngineStatus, Sampling, Stage, Written
from engine.config import EngineConfig
from engine.errors import EngineUnavailable, PromptTooLong
from engine.vllm_engine import VllmEngine
from tests.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.asyncio(loop_scope="module")
QUESTION = [ChatMessage("user", "이 서비스는 무엇인가요?")]


@pytest_asyncio.fixture(
    loop_scope="module",
    scope="module",
    params=["scripted", pytest.param("vllm", marks=pytest.mark.vllm)],
)
async def started(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Engine, list[EngineStatus]]]:
    engine: Engine = ScriptedEngine() if request.param == "scripted" else VllmEngine(EngineConfig(model="demo"))
    stages: list[EngineStatus] = []
    with pytest.raises(EngineUnavailable):
        _ = engine.info
    await engine.start(stages.append)
    yield engine, stages
    await engine.stop()


@pytest.fixture
def engine(started: tuple[Engine, list[EngineStatus]]) -> Engine:
    return started[0]


async def collect(engine: Engine, name: str, sampling: Sampling) -> tuple[str, int, str | None]:
    prompt = await engine.render(QUESTION)
    text, tokens, reason = "", 0, None
    async for delta in engine.stream(name, prompt, sampling):
        assert reason is None, "a delta came after the last one"
        text, tokens, reason = text + delta.text, tokens + len(delta.token_ids), delta.finish_reason
    return text, tokens, reason


async def test_start_reports_its_stages_and_ends_ready(started: tuple[Engine, list[EngineStatus]]) -> None:
    stages = [status.stage for status in started[1]]
    assert Stage.LOADING in stages
    assert stages[-1] is Stage.READY


async def test_render_counts_tokens_and_grows_at_the_end(engine: Engine) -> None:
    one = await engine.render(QUESTION)
    two = await engine.render([*QUESTION, ChatMessage("assistant", "답"), ChatMessage("user", "더")])
    assert one.token_ids is not None
    assert two.token_ids is not None
    assert one.tokens == len(one.token_ids) < two.tokens
    assert two.token_ids[: one.tokens - 8] == one.token_ids[: one.tokens - 8]


async def test_an_answer_ends_with_a_reason(engine: Engine) -> None:
    text, tokens, reason = await collect(engine, "ends", Sampling(max_tokens=512, temperature=0))
    assert text.strip()
    assert tokens > 0
    assert reason == "stop"
    assert "\ufffd" not in text


async def test_max_tokens_and_ignore_eos_count_exactly(engine: Engine) -> None:
    _, tokens, reason = await collect(engine, "counts", Sampling(max_tokens=40, ignore_eos=True))
    assert (tokens, reason) == (40, "length")


async def test_temperature_zero_repeats_itself(engine: Engine) -> None:
    sampling = Sampling(max_tokens=24, temperature=0)
    assert await collect(engine, "first", sampling) == await collect(engine, "second", sampling)


async def test_it_goes_on_behind_what_is_written(engine: Engine) -> None:
    prompt = await engine.render(QUESTION)
    sampling = Sampling(max_tokens=40, min_tokens=40, ignore_eos=True)
    deltas = [delta async for delta in engine.stream("written", prompt, sampling)][:20]
    ids = tuple(token for delta in deltas for token in delta.token_ids)
    written = Written(ids, "".join(delta.text for delta in deltas))
    rest = [delta async for delta in engine.stream("rest", prompt, sampling, written)]
    assert len(ids) + sum(len(delta.token_ids) for delta in rest) == 40
    assert rest[-1].finish_reason == "length"


async def test_a_complete_answer_ends_at_once(engine: Engine) -> None:
    prompt = await engine.render(QUESTION)
    deltas = [delta async for delta in engine.stream("complete", prompt, Sampling(max_tokens=5, ignore_eos=True))]
    ids = tuple(token for delta in deltas for token in delta.token_ids)
    written = Written(ids, "".join(delta.text for delta in deltas))
    last = [delta async for delta in engine.stream("last", prompt, Sampling(max_tokens=5), written)]
    assert [(delta.text, delta.finish_reason) for delta in last] == [("", "length")]


async def test_a_prompt_longer_than_the_window_is_refused(engine: Engine) -> None:
    prompt = await engine.render([ChatMessage("user", "말 " * (engine.info.max_model_len + 8))])
    with pytest.raises(PromptTooLong) as caught:
        await anext(engine.stream("long", prompt, Sampling(max_tokens=8)))
    assert caught.value.tokens == prompt.tokens


async def test_closing_the_stream_frees_the_request_and_the_engine_goes_on(engine: Engine) -> None:
    prompt = await engine.render(QUESTION)
    async with aclosing(engine.stream("closed", prompt, Sampling(max_tokens=4000, ignore_eos=True))) as deltas:
        await anext(deltas)
    await asyncio.wait_for(_until_idle(engine), 2)
    _, tokens, _ = await collect(engine, "after", Sampling(max_tokens=4, ignore_eos=True))
    assert tokens == 4


async def test_cancelling_the_consumer_frees_the_request(engine: Engine) -> None:
    prompt = await engine.render(QUESTION)
    first = asyncio.Event()

    async def consume() -> None:
        async for _ in engine.stream("cancelled", prompt, Sampling(max_tokens=4000, ignore_eos=True)):
            first.set()

    task = asyncio.create_task(consume())
    await first.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(_until_idle(engine), 2)


async def test_many_streams_run_at_once(engine: Engine) -> None:
    sampling = Sampling(max_tokens=16, ignore_eos=True)
    results = await asyncio.gather(*(collect(engine, f"many-{i}", sampling) for i in range(16)))
    assert [tokens for _, tokens, _ in results] == [16] * 16


async def test_health(engine: Engine) -> None:
    await engine.check_health()


async def test_stopping_ends_the_streams_and_it_starts_again(engine: Engine) -> None:
    prompt = await engine.render(QUESTION)
    begun = asyncio.Event()

    async def consume() -> None:
        async for _ in engine.stream("stopped", prompt, Sampling(max_tokens=8000, ignore_eos=True)):
            begun.set()
            await asyncio.sleep(0)

    task = asyncio.create_task(consume())
    await begun.wait()
    await asyncio.wait_for(engine.stop(), 10)
    with pytest.raises(EngineUnavailable):
        await asyncio.wait_for(task, 1)
    await engine.start(lambda status: None)
    _, tokens, _ = await collect(engine, "again", Sampling(max_tokens=4, ignore_eos=True))
    assert tokens == 4


async def _until_idle(engine: Engine) -> None:
    def running() -> int:
        if isinstance(engine, ScriptedEngine):
            return len(engine.running)
        assert isinstance(engine, VllmEngine)
        return int(engine.llm.output_processor.get_num_unfinished_requests())

    while running():
        await asyncio.sleep(0.01)
