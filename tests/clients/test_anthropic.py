"""Anthropic's Python client."""

from typing import Any

import anthropic
import pytest

from tests.clients.access import MODEL, QUESTION, Access, Trip

pytestmark = pytest.mark.vllm

PLAIN: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 24,
    "messages": [{"role": "user", "content": QUESTION}],
    "extra_body": {"temperature": 0},
}


def text_of(message: anthropic.types.Message) -> str:
    (block,) = message.content
    assert block.type == "text"
    return block.text


def test_models(claude: anthropic.Anthropic) -> None:
    assert [model.id for model in claude.models.list()] == [MODEL]
    assert claude.models.retrieve(MODEL).display_name == f"{MODEL} (demo)"


def test_a_stream_says_what_the_whole_answer_says(claude: anthropic.Anthropic) -> None:
    whole = claude.messages.create(**PLAIN)
    assert (whole.role, whole.stop_reason, whole.usage.output_tokens) == ("assistant", "max_tokens", 24)
    with claude.messages.stream(**PLAIN) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert "".join(pieces) == text_of(final) == text_of(whole)
    assert final.stop_reason == "max_tokens"
    assert final.usage == whole.usage


def test_a_stream_comes_while_it_is_written(claude: anthropic.Anthropic) -> None:
    """In more pieces than a few hundred tokens could come in, were they kept until the end. The small model does not
    find the end of the answer to this."""
    question = "How do I use everything in vllm-chat? Explain in detail, step by step."
    long = PLAIN | {"max_tokens": 400, "messages": [{"role": "user", "content": question}]}
    with claude.messages.stream(**long) as stream:
        pieces = list(stream.text_stream)
        assert stream.get_final_message().usage.output_tokens > 200
    assert len(pieces) > 5


async def test_async(claude: anthropic.Anthropic, access: Access) -> None:
    # By a bearer token, as some programs are set up.
    async with anthropic.AsyncAnthropic(base_url=access.url, auth_token=access.key, max_retries=0) as other:
        async with other.messages.stream(**PLAIN) as stream:
            text = "".join([piece async for piece in stream.text_stream])
    assert text == text_of(claude.messages.create(**PLAIN))


def test_tokens_are_counted(claude: anthropic.Anthropic) -> None:
    counted = claude.messages.count_tokens(model=MODEL, messages=PLAIN["messages"])
    assert counted.input_tokens == claude.messages.create(**PLAIN).usage.input_tokens


def test_system_and_stop_sequences(claude: anthropic.Anthropic) -> None:
    system: list[anthropic.types.TextBlockParam] = [{"type": "text", "text": "Answer briefly."}]
    whole = text_of(claude.messages.create(**PLAIN, system=system))
    stop = whole.split()[3]
    stopped = claude.messages.create(**PLAIN, system=system, stop_sequences=[stop])
    assert text_of(stopped) == whole.partition(stop)[0]
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", stop)


def test_an_answer_by_a_schema(claude: anthropic.Anthropic) -> None:
    assert isinstance(claude.messages.parse(**PLAIN | {"max_tokens": 100}, output_format=Trip).parsed_output, Trip)


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "now"}], ids=str)
def test_a_tool_is_called_and_its_result_read(claude: anthropic.Anthropic, choice: Any) -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    tools = [{"name": "now", "description": "The time", "input_schema": schema}]
    asked = PLAIN | {"max_tokens": 100, "tools": tools, "tool_choice": choice}
    called = claude.messages.create(**asked)
    (call,) = called.content
    assert call.type == "tool_use"
    assert (call.name, call.input) == ("now", {})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "noon"}
    told = [
        *PLAIN["messages"],
        {"role": "assistant", "content": called.content},
        {"role": "user", "content": [result]},
    ]
    assert text_of(claude.messages.create(**PLAIN | {"messages": told, "tools": tools}))


def test_an_answer_tells_its_request_id(claude: anthropic.Anthropic) -> None:
    assert claude.messages.create(**PLAIN)._request_id
