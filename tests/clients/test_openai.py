"""OpenAI's Python client."""

import asyncio
import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionToolUnionParam
from openai.types.responses import ResponseTextDeltaEvent

from tests.clients.access import CITIES, MESSAGES, MODEL, QUESTION, WEATHER, Access, Trip

pytestmark = pytest.mark.vllm

PLAIN: dict[str, Any] = {"model": MODEL, "messages": MESSAGES, "temperature": 0, "max_tokens": 24}
TOOL: ChatCompletionToolUnionParam = {
    "type": "function",
    "function": {"name": "weather", "description": "Of a city", "parameters": WEATHER, "strict": True},
}


def text_of(client: openai.OpenAI, **more: Any) -> str | None:
    text: str | None = client.chat.completions.create(**PLAIN | more).choices[0].message.content
    return text


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    model = client.models.retrieve(MODEL)
    assert (model.id, model.object, "demo" in model.owned_by) == (MODEL, "model", True)


def test_a_stream_says_what_the_whole_answer_says(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(**PLAIN)
    chunks = list(client.chat.completions.create(**PLAIN, stream=True, stream_options={"include_usage": True}))
    choices = [chunk.choices[0] for chunk in chunks[:-1]]
    assert "".join(choice.delta.content or "" for choice in choices) == whole.choices[0].message.content
    assert choices[0].delta.role == "assistant"
    assert {choice.finish_reason for choice in choices[:-1]} == {None}
    assert choices[-1].finish_reason == whole.choices[0].finish_reason == "length"
    assert (whole.usage.completion_tokens, whole.usage.total_tokens) == (24, whole.usage.prompt_tokens + 24)
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens


def test_a_stream_comes_while_it_is_written(client: openai.OpenAI) -> None:
    """In more pieces than a few hundred tokens could come in, were they kept until the end."""
    long = PLAIN | {"max_tokens": 400, "extra_body": {"ignore_eos": True}}
    assert len(list(client.chat.completions.create(**long, stream=True))) > 5


async def test_async(client: openai.OpenAI, access: Access) -> None:
    async with openai.AsyncOpenAI(base_url=access.v1, api_key=access.key, max_retries=0) as other:

        async def streamed() -> str:
            chunks = await other.chat.completions.create(**PLAIN, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

        whole, *texts = await asyncio.gather(other.chat.completions.create(**PLAIN), streamed(), streamed())
    assert set(texts) == {whole.choices[0].message.content}


def test_logprobs(client: openai.OpenAI) -> None:
    choice = client.chat.completions.create(**PLAIN | {"max_tokens": 3}, logprobs=True, top_logprobs=2).choices[0]
    tokens = choice.logprobs.content
    assert "".join(token.token for token in tokens) == choice.message.content
    assert [len(token.top_logprobs) for token in tokens] == [2, 2, 2]
    assert all(token.logprob <= 0 for token in tokens)


def test_n_seed_and_stop(client: openai.OpenAI) -> None:
    lively = {"temperature": 1.8, "seed": 7}
    two = client.chat.completions.create(**PLAIN | lively, n=2)
    assert [choice.index for choice in two.choices] == [0, 1]
    assert two.usage.completion_tokens > 24
    assert text_of(client, **lively) == text_of(client, **lively)
    whole = text_of(client)
    stop = (whole or "").split()[3]
    assert text_of(client, stop=[stop]) == (whole or "").partition(stop)[0]


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}], ids=str)
def test_a_tool_is_called_by_its_schema(client: openai.OpenAI, choice: Any) -> None:
    asked = PLAIN | {"max_tokens": 200, "tools": [TOOL], "tool_choice": choice}
    (call,) = client.chat.completions.create(**asked).choices[0].message.tool_calls
    assert call.function.name == "weather"
    arguments = json.loads(call.function.arguments)
    assert arguments["city"] in CITIES
    assert arguments["days"] in (1, 2, 3)
    deltas = [chunk.choices[0].delta for chunk in client.chat.completions.create(**asked, stream=True)]
    pieces = [piece.function for delta in deltas for piece in delta.tool_calls or ()]
    assert [piece.name for piece in pieces if piece.name] == ["weather"]
    assert json.loads("".join(piece.arguments or "" for piece in pieces)) == arguments


def test_the_result_of_a_tool_is_read(client: openai.OpenAI) -> None:
    call = {"id": "call-1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Seoul"}'}}
    told = [
        *MESSAGES,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call-1", "content": "sunny"},
    ]
    answer = client.chat.completions.create(**PLAIN | {"messages": told, "tools": [TOOL]})
    assert answer.choices[0].message.content
    assert answer.usage.prompt_tokens > client.chat.completions.create(**PLAIN).usage.prompt_tokens


def test_an_answer_by_a_schema(client: openai.OpenAI) -> None:
    asked = PLAIN | {"max_tokens": 100}
    parsed = client.chat.completions.parse(**asked, response_format=Trip).choices[0].message
    assert isinstance(parsed.parsed, Trip)
    schema = {"name": "trip", "schema": Trip.model_json_schema()}
    text = text_of(client, max_tokens=100, response_format={"type": "json_schema", "json_schema": schema})
    assert Trip.model_validate_json(text or "") == parsed.parsed


def test_completions(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": MODEL, "prompt": "vllm-chat is", "temperature": 0, "max_tokens": 8}
    whole = client.completions.create(**asked)
    assert 0 < whole.usage.completion_tokens <= 8
    chunks = client.completions.create(**asked, stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text
    several = client.completions.create(**asked | {"prompt": ["vllm-chat is", "vLLM"]})
    assert [choice.index for choice in several.choices] == [0, 1]


def test_responses(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": MODEL, "input": QUESTION, "temperature": 0, "max_output_tokens": 24}
    whole = client.responses.create(**asked)
    assert (whole.status, whole.usage.output_tokens) == ("incomplete", 24)
    events = list(client.responses.create(**asked, stream=True))
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    assert events[-1].type in ("response.completed", "response.incomplete")
    deltas = [event.delta for event in events if isinstance(event, ResponseTextDeltaEvent)]
    assert "".join(deltas) == whole.output_text
    trip = client.responses.parse(**asked | {"max_output_tokens": 100}, text_format=Trip).output_parsed
    assert isinstance(trip, Trip)
