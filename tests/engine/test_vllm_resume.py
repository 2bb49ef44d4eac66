"""A cut answer goes on in real vLLM: what was shown and what follows equal the answer that nothing cut."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from engine.base import ChatMessage, Delta, Prompt, Sampling, Written
from engine.config import EngineConfig
from engine.errors import EngineError, EngineUnavailable
from engine.vllm_engine import VllmEngine

# bf16 prefill and decode may pick different tokens, float32 at temperature 0 does not.
pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="module")]
QUESTIONS = {"ko": "아키텍처를 자세히 설명해 줘", "en": "Give me a thorough, detailed tour of the architecture"}
SAMPLING = Sampling(max_tokens=140, temperature=0)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def engine() -> AsyncIterator[VllmEngine]:
    one = VllmEngine(EngineConfig(model="demo", dtype="float32"))
    await one.start(lambda status: None)
    yield one
    await one.stop()


async def run(engine: VllmEngine, prompt: Prompt, sampling: Sampling, written: Written | None = None) -> list[Delta]:
    return [delta async for delta in engine.stream("id", prompt, sampling, written)]


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


def ids_of(deltas: list[Delta]) -> tuple[int, ...]:
    return tuple(token for delta in deltas for token in delta.token_ids)


async def assert_every_cut_goes_on(engine: VllmEngine, prompt: Prompt, sampling: Sampling, cuts: range) -> None:
    whole = await run(engine, prompt, sampling)
    assert len(ids_of(whole)) >= 100
    for cut in cuts:
        before = whole[:cut]
        written = Written(ids_of(before), text_of(before))
        after = await run(engine, prompt, sampling, written)
        assert text_of(before) + text_of(after) == text_of(whole), f"cut at {cut}"
        assert ids_of(before) + ids_of(after) == ids_of(whole), f"cut at {cut}"
        assert after[-1].finish_reason == whole[-1].finish_reason, f"cut at {cut}"
        assert [delta.finish_reason for delta in after[:-1]] == [None] * (len(after) - 1)


@pytest.mark.parametrize("language", QUESTIONS)
async def test_an_answer_cut_anywhere(engine: VllmEngine, language: str) -> None:
    prompt = await engine.render([ChatMessage("user", QUESTIONS[language])])
    await assert_every_cut_goes_on(engine, prompt, SAMPLING, range(1, 140, 13))


async def test_a_cut_inside_a_character(engine: VllmEngine) -> None:
    prompt = await engine.render([ChatMessage("user", QUESTIONS["ko"])])
    tokenizer = engine.llm.get_tokenizer()
    begun = tuple(tokenizer("가나", add_special_tokens=False)["input_ids"])
    rare = tuple(tokenizer("뷁", add_special_tokens=False)["input_ids"])
    assert len(rare) > 1, "this character must be made of several tokens"
    for bytes_there in range(1, len(rare) + 1):
        ids = begun + rare[:bytes_there]
        shown = "가나뷁" if bytes_there == len(rare) else "가나"
        after = await run(engine, prompt, Sampling(max_tokens=40, temperature=0), Written(ids, shown))
        decoded = tokenizer.decode([*ids, *ids_of(after)], skip_special_tokens=True)
        assert shown + text_of(after) == decoded


@pytest.mark.parametrize("language", QUESTIONS)
async def test_an_answer_with_a_stop_string(engine: VllmEngine, language: str) -> None:
    prompt = await engine.render([ChatMessage("user", QUESTIONS[language])])
    text = text_of(await run(engine, prompt, SAMPLING))
    end = len(text) * 5 // 6
    stop = text[end : end + 12]
    sampling = replace(SAMPLING, stop=(stop, "never said"))
    whole = await run(engine, prompt, sampling)
    assert text_of(whole) == text[: text.index(stop)]
    last = len(whole)
    await assert_every_cut_goes_on(engine, prompt, sampling, range(last - 8, last))
    await assert_every_cut_goes_on(engine, prompt, sampling, range(1, last, 41))


async def test_the_counts_are_those_of_the_whole_answer(engine: VllmEngine) -> None:
    prompt = await engine.render([ChatMessage("user", QUESTIONS["en"])])
    sampling = Sampling(max_tokens=50, min_tokens=50, temperature=0, ignore_eos=True)
    whole = await run(engine, prompt, sampling)
    before = whole[:20]
    after = await run(engine, prompt, sampling, Written(ids_of(before), text_of(before)))
    assert len(ids_of(before)) + len(ids_of(after)) == 50
    assert after[-1].finish_reason == "length"
    complete = Written(ids_of(whole), text_of(whole))
    assert await run(engine, prompt, sampling, complete) == [Delta("", (), "length")]


async def test_an_end_token_without_a_recorded_end(engine: VllmEngine) -> None:
    prompt = await engine.render([ChatMessage("user", QUESTIONS["en"])])
    whole = await run(engine, prompt, Sampling(max_tokens=1000, temperature=0))
    assert whole[-1].finish_reason == "stop"
    written = Written(ids_of(whole), text_of(whole)[:-5])
    assert await run(engine, prompt, SAMPLING, written) == [Delta(text_of(whole)[-5:], (), "stop")]


async def test_a_full_window_ends_at_once(engine: VllmEngine) -> None:
    prompt = await engine.render([ChatMessage("user", QUESTIONS["en"])])
    ids = (prompt.token_ids or ())[-1:] * (engine.info.max_model_len - prompt.tokens)
    last = await run(engine, prompt, Sampling(max_tokens=100_000, ignore_eos=True), Written(ids, ""))
    assert [delta.finish_reason for delta in last] == ["length"]


async def test_prefixes_are_shared_within_one_salt_only(engine: VllmEngine) -> None:
    words = " ".join(f"word{number}" for number in range(300))
    plain = await engine.render([ChatMessage("user", words)])
    one, two = (Prompt(plain.messages, plain.tokens, plain.token_ids, salt) for salt in ("one", "two"))
    short = Sampling(max_tokens=2, ignore_eos=True)
    cached = [(await run(engine, prompt, short))[0].cached_tokens for prompt in (one, one, two)]
    assert cached[1] > 0
    assert (cached[0], cached[2]) == (0, 0)


async def test_vllms_own_metrics_stay(engine: VllmEngine) -> None:
    from prometheus_client import REGISTRY, generate_latest

    assert b"vllm:generation_tokens_total{" in generate_latest(REGISTRY)


async def test_a_request_that_vllm_refuses_disturbs_no_other(engine: VllmEngine) -> None:
    prompt = await engine.render([ChatMessage("user", QUESTIONS["en"])])
    whole = await run(engine, prompt, SAMPLING)
    deltas: list[Delta] = []
    async for delta in engine.stream("neighbour", prompt, SAMPLING):
        deltas.append(delta)
        if len(deltas) in (2, 4):
            with pytest.raises(EngineError, match="vocabulary") as refused:
                await run(engine, replace(prompt, token_ids=(10**6,)), SAMPLING)
            assert not isinstance(refused.value, EngineUnavailable)
    assert text_of(deltas) == text_of(whole)
    await engine.check_health()
