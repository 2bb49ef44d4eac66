"""The chunks of the lean path are those of vLLM's own generator, to the byte."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.e2e.api import sign_in
from tests.rig.server import Server

pytestmark = pytest.mark.vllm

TEXT = re.compile(r'"content":"(?:[^"\\]|\\.)*"')
OWN = re.compile(r'"id":"[^"]*"|"created":\d+')
# vLLM's default, said aloud: our path then leaves the request to vLLM's generator.
VLLM = {"include_reasoning": True}
PLAIN: list[dict[str, Any]] = [
    {},
    {"stream_options": {"include_usage": True}},
    {"max_tokens": 3},
    {"max_completion_tokens": 1},
    {"stop": ["vllm", "서비스"]},
    {"stop": "데모", "include_stop_str_in_output": True, "min_tokens": 2},
    {"temperature": 0.7, "top_p": 0.9, "top_k": 20, "seed": 7, "max_tokens": 40},
    {"frequency_penalty": 0.5, "presence_penalty": 0.5, "repetition_penalty": 1.1, "max_tokens": 20},
    {"ignore_eos": True, "max_tokens": 60, "stream_options": {"include_usage": True}},
    {"logit_bias": {"5": -100}, "max_tokens": 5, "n": 1, "user": "someone", "tool_choice": "none"},
    {
        "messages": [
            {"role": "system", "content": "한국어로."},
            {"role": "user", "content": '따옴표 " \\ \u2028 이모지 🎉'},
        ]
    },
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "안녕"}]}]},
    {
        "messages": [{"role": "user", "content": "안녕"}, {"role": "assistant", "content": "저는"}],
        "add_generation_prompt": False,
        "continue_final_message": True,
    },
]


def events(client: httpx.Client, body: dict[str, Any]) -> list[str]:
    """The data of each event."""
    asked = {"messages": [{"role": "user", "content": "안녕하세요"}], "temperature": 0, "stream": True} | body
    answer = client.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = answer.text.split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith("data: ") for block in blocks)
    return [block.removeprefix("data: ") for block in blocks]


def text(found: list[str]) -> str:
    chunks = [json.loads(one) for one in found if one != "[DONE]"]
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


def shapes(found: list[str]) -> tuple[str, set[str], list[str]]:
    """The bytes of the chunks without text, id and time: the first, those in the middle, and the ending."""
    bare = [OWN.sub("", TEXT.sub('"content":""', one)) for one in found]
    ending = next(index for index, one in enumerate(bare) if '"finish_reason":"' in one)
    # The last piece of text comes in the last chunk or before it, as it happens.
    ends = [one.replace('"delta":{"content":""}', '"delta":{}') for one in bare[ending:]]
    return bare[0], set(bare[1:ending]), ends


@pytest.mark.parametrize("body", PLAIN, ids=lambda body: "-".join(body) or "nothing")
def test_byte_for_byte(live_server: Server, body: dict[str, Any]) -> None:
    with sign_in(live_server.url) as client:
        lean, full = events(client, body), events(client, body | VLLM)
    assert text(lean) == text(full) != ""
    first, middle, ending = shapes(lean)
    their_first, their_middle, their_ending = shapes(full)
    assert (first, ending) == (their_first, their_ending)
    # How many tokens one chunk holds depends on the moment, so there may be none in the middle.
    assert len(middle | their_middle) <= 1
    assert ending[-1] == "[DONE]"


@pytest.mark.parametrize(
    "body",
    [
        {"n": 2, "temperature": 1},
        {"logprobs": True, "top_logprobs": 2},
        {"stream_options": {"include_usage": True, "continuous_usage_stats": True}},
        {"return_token_ids": True},
        {"echo": True},
    ],
    ids=lambda body: next(iter(body)),
)
def test_what_is_not_plain_is_vllms(live_server: Server, body: dict[str, Any]) -> None:
    with sign_in(live_server.url) as client:
        found = events(client, body | {"max_tokens": 4})
    chunks = [json.loads(one) for one in found[:-1]]
    if "n" in body:
        assert {choice["index"] for chunk in chunks for choice in chunk["choices"]} == {0, 1}
    elif "logprobs" in body:
        assert chunks[1]["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    elif "stream_options" in body:
        assert all("usage" in chunk for chunk in chunks)
    elif "return_token_ids" in body:
        assert chunks[1]["choices"][0]["token_ids"]
    else:
        assert text(found)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"temperature": 9}, 400),
        ({"temperature": "hot"}, 400),
        ({"max_tokens": -1}, 400),
        ({"messages": []}, 400),
        ({"messages": [{"role": "user", "content": "word " * 9000}]}, 400),
        ({"model": "gpt-4"}, 404),
    ],
)
def test_both_refuse_alike(live_server: Server, body: dict[str, Any], status: int) -> None:
    with sign_in(live_server.url) as client:
        asked = {"messages": [{"role": "user", "content": "안녕"}], "stream": True} | body
        lean, full = (client.post("/v1/chat/completions", json=asked | more) for more in ({}, VLLM))
    assert lean.status_code == full.status_code == status
    ours, theirs = lean.json()["error"], full.json()["error"]
    assert ours | {"request_id": ""} == theirs | {"request_id": ""}
    assert ours["message"]


HOSTILE: dict[str, dict[str, Any]] = {
    "a definition of itself": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
    "too many states": {
        "anyOf": [
            {
                "type": "array",
                "minItems": 900,
                "maxItems": 1000,
                "items": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[a-z]{1,900}$"}]},
            }
            for _ in range(20)
        ]
    },
}


@pytest.mark.parametrize("schema", HOSTILE.values(), ids=HOSTILE)
def test_a_schema_that_makes_no_grammar_is_refused(live_server: Server, schema: dict[str, Any]) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    body = {"messages": [{"role": "user", "content": "안녕"}], "max_tokens": 4, "response_format": wanted}
    with sign_in(live_server.url) as client:
        refused = client.post("/v1/chat/completions", json=body)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "response_format"), refused.text
        assert client.post("/v1/chat/completions", json=body | {"response_format": None}).status_code == 200
