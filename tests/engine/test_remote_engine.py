"""The remote engine against a small OpenAI-compatible server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from starlette.responses import PlainTextResponse, Response

from engine.base import ChatMessage, Delta, EngineStatus, Sampling, Stage, Usage, Written
from engine.errors import EngineBusy, EngineConfigError, EngineError, EngineUnavailable, PromptTooLong
from engine.remote_engine import RemoteEngine
from tests.engine.remote import engine, say
from tests.scripted_remote import KEY, REPLY, ScriptedRemote, chunk, refused, sent

DONE = "data: [DONE]\n\n"
TOO_LONG = (
    "This model's maximum context length is 2048 tokens. However, your request has 3000 input tokens. Please reduce it."
)


async def rest(deltas: AsyncIterator[Delta]) -> list[Delta]:
    return [delta async for delta in deltas]


def text(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


async def test_it_streams_and_passes_the_sampling_on(remote: ScriptedRemote) -> None:
    stages: list[EngineStatus] = []
    one = engine(remote)
    await one.start(stages.append)
    assert stages[-1].stage is Stage.READY
    assert (one.info.name, one.info.max_model_len, one.info.resumable) == ("big", 4096, False)
    remote.usage = {"prompt_tokens": 11, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 8}}
    deltas = await say(one, max_tokens=3, temperature=0, seed=7, stop=("끝",), ignore_eos=True)
    assert text(deltas) == "멀리서 온 답"
    assert deltas[-1] == Delta("", finish_reason="length", usage=Usage(11, 9, 8))
    assert sum(delta.tokens for delta in deltas) == 3
    assert remote.bodies[-1] == {
        "model": "big",
        "messages": [{"role": "user", "content": "안녕"}],
        "max_tokens": 3,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0,
        "seed": 7,
        "stop": ["끝"],
        "ignore_eos": True,
    }
    await one.stop()


async def test_an_entry_takes_its_name_or_the_only_model_there_is(remote: ScriptedRemote) -> None:
    by_name = engine(remote, "other", model="other", max_model_len=512)
    await by_name.start(lambda status: None)
    # Nobody tells its window, so ours is assumed; where it is told, ours does not cap what stands elsewhere.
    assert (by_name.info.name, by_name.info.max_model_len) == ("other", 512)
    await fails(engine(remote, "mine", model="mine"), EngineConfigError, "CHAT_MODELS: mine: .* only big, other")
    remote.models = remote.models[:1]
    only = engine(remote, "mine", model="mine", max_model_len=512)
    await only.start(lambda status: None)
    assert (only.info.name, only.info.max_model_len) == ("big", 4096)
    await by_name.stop()
    await only.stop()


async def test_closing_the_stream_closes_the_connection(remote: ScriptedRemote, one: RemoteEngine) -> None:
    prompt = await one.render([ChatMessage("user", "안녕")])
    async with aclosing(one.stream("id", prompt, Sampling(max_tokens=100_000, ignore_eos=True))) as deltas:
        await anext(deltas)
        assert remote.running == 1
    await asyncio.wait_for(remote.closed.wait(), 5)
    assert remote.running == 0


async def test_stopping_the_engine_ends_its_streams(remote: ScriptedRemote, one: RemoteEngine) -> None:
    prompt = await one.render([ChatMessage("user", "안녕")])
    async with aclosing(one.stream("id", prompt, Sampling(max_tokens=100_000, ignore_eos=True))) as deltas:
        await anext(deltas)
        await one.stop()
        with pytest.raises(EngineUnavailable):
            await rest(deltas)
    await asyncio.wait_for(remote.closed.wait(), 5)


async def test_it_cannot_go_on_in_the_middle(one: RemoteEngine) -> None:
    prompt = await one.render([ChatMessage("user", "안녕")])
    with pytest.raises(EngineError, match="cannot go on in the middle of an answer"):
        await anext(one.stream("id", prompt, Sampling(max_tokens=3), Written((0,), "말")))
    nothing_written = one.stream("id", prompt, Sampling(max_tokens=1), Written((), ""))
    assert "".join([delta.text async for delta in nothing_written]) == "멀리서"


async def test_faults_of_the_start_are_said_in_words_and_without_the_key(remote: ScriptedRemote) -> None:
    await fails(engine(remote, api_key="wrong"), EngineConfigError, "refused CHAT_ENGINE__API_KEY")
    await fails(engine(remote, "a", api_key="wrong"), EngineConfigError, "refused the api_key of 'a' in CHAT_MODELS")
    await fails(engine(remote, model="missing"), EngineConfigError, "offers only big, other")
    await fails(engine(remote, base_url="http://127.0.0.1:1/v1"), EngineUnavailable, "does not answer")
    remote.broken = refused(500)
    await fails(engine(remote, model="other"), EngineUnavailable, "500")
    remote.models = []
    await fails(engine(remote), EngineUnavailable, "no model yet")
    with pytest.raises(ValueError, match="BASE_URL"):
        engine(remote, base_url=None)


async def fails(one: RemoteEngine, kind: type[EngineError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        await one.start(lambda status: None)
    assert KEY not in str(caught.value)
    await one.stop()


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refused(401, f"wrong key {KEY}"), EngineConfigError, "refused CHAT_ENGINE__API_KEY"),
        (refused(403, f"wrong key {KEY}"), EngineConfigError, "refused CHAT_ENGINE__API_KEY"),
        (refused(404, "no such model"), EngineConfigError, "404"),
        (refused(400, TOO_LONG), PromptTooLong, "3000 tokens, the context window holds 2048"),
        (refused(400, "too long", code="context_length_exceeded"), PromptTooLong, "holds 4096"),
        (refused(400, "temperature must be lower"), EngineError, "temperature must be lower"),
        (refused(429, headers={"Retry-After": "60"}), EngineBusy, "busy"),
        (refused(503, headers={"Retry-After": "60"}), EngineBusy, "busy"),
        (sent('data: {"error": {"message": "bad", "code": 400}}\n\n'), EngineError, "bad"),
    ],
)
async def test_a_refusal_is_said_in_words_and_not_sent_again(
    remote: ScriptedRemote, one: RemoteEngine, answer: Response, kind: type[EngineError], words: str
) -> None:
    remote.faults = [answer]
    with pytest.raises(kind, match=words) as caught:
        await say(one)
    assert KEY not in str(caught.value)
    assert len(remote.bodies) == 1


@pytest.mark.parametrize(
    "answer",
    [
        refused(500),
        refused(502),
        Response(status_code=307, headers={"Location": "/v1/models"}),
        refused(429),
        refused(429, headers={"Retry-After": "0"}),
        sent(),
        sent(": only a comment\n\n"),
        sent("data: {not json\n\n", DONE),
        sent('data: ["no", "object"]\n\n', DONE),
        sent('data: {"choices": [{"delta": {"content": 7}}]}\n\n', DONE),
        sent('data: {"error": {"message": "the engine died", "code": 500}}\n\n', DONE),
        PlainTextResponse("<html>a proxy</html>"),
    ],
)
async def test_before_the_first_token_a_failed_request_is_sent_again(
    remote: ScriptedRemote, one: RemoteEngine, answer: Response
) -> None:
    remote.faults = [answer]
    assert text(await say(one)) == REPLY
    assert len(remote.bodies) == 2


@pytest.mark.parametrize("cut", [sent(chunk({"content": "반"})), sent(chunk({"content": "반"}), "data: {\n\n")])
async def test_after_the_first_token_never(remote: ScriptedRemote, one: RemoteEngine, cut: Response) -> None:
    remote.faults = [cut]
    prompt = await one.render([ChatMessage("user", "안녕")])
    deltas = one.stream("id", prompt, Sampling(max_tokens=8))
    assert (await anext(deltas)).text == "반"
    with pytest.raises(EngineUnavailable):
        await anext(deltas)
    assert len(remote.bodies) == 1


async def test_either_end_of_a_stream_is_an_end(remote: ScriptedRemote, one: RemoteEngine) -> None:
    remote.faults = [sent(chunk({"content": "다"}), DONE), sent(chunk({"content": "다"}, "length"))]
    assert [(text(deltas := await say(one)), deltas[-1].finish_reason) for _ in range(2)] == [
        ("다", "stop"),
        ("다", "length"),
    ]


async def test_reasoning_comes_apart_by_either_name(remote: ScriptedRemote, one: RemoteEngine) -> None:
    remote.faults = [
        sent(chunk({"reasoning": "음"}), chunk({"reasoning_content": "…"}), chunk({"content": "네"}), DONE)
    ]
    assert [(delta.reasoning, delta.text) for delta in await say(one)] == [("음", ""), ("…", ""), ("", "네"), ("", "")]


async def test_a_server_that_wants_another_name_for_the_limit_gets_it(
    remote: ScriptedRemote, one: RemoteEngine
) -> None:
    remote.faults = [refused(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")]
    remote.broken = sent(chunk({"content": "네"}, "stop"), DONE)
    for _ in range(2):
        assert text(await say(one, max_tokens=5)) == "네"
    assert [(body.get("max_tokens"), body.get("max_completion_tokens")) for body in remote.bodies] == [
        (5, None),
        (None, 5),
        (None, 5),
    ]
