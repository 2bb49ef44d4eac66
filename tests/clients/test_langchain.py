"""LangChain's ChatOpenAI."""

from typing import Any

import pytest
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.clients.access import CITIES, MODEL, QUESTION, TOO_LONG, WEATHER, Access, Trip

pytestmark = pytest.mark.vllm

TOOL = {"name": "weather", "description": "Of a city", "parameters": WEATHER}


def chat(access: Access, **more: Any) -> ChatOpenAI:
    given: dict[str, Any] = {"temperature": 0, "max_tokens": 24, "max_retries": 0} | more
    return ChatOpenAI(base_url=access.v1, api_key=SecretStr(access.key), model=MODEL, **given)


async def test_whole_streamed_and_async(access: Access) -> None:
    model = chat(access, stream_usage=True)
    whole = model.invoke(QUESTION)
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["output_tokens"] == 24
    chunks = list(model.stream(QUESTION))
    assert "".join(chunk.text for chunk in chunks) == whole.text
    assert [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata][-1]["output_tokens"] == 24
    assert (await model.ainvoke(QUESTION)).text == whole.text
    assert "".join([chunk.text async for chunk in model.astream(QUESTION)]) == whole.text


def test_tools(access: Access) -> None:
    model = chat(access, max_tokens=200)
    called = model.bind_tools([TOOL], tool_choice="any", strict=True).invoke(QUESTION)
    (call,) = called.tool_calls
    assert call["name"] == "weather"
    assert call["args"]["city"] in CITIES
    told = chat(access).invoke([("human", QUESTION), called, ToolMessage("sunny", tool_call_id=call["id"])])
    assert told.text


def test_an_answer_by_a_schema(access: Access) -> None:
    assert isinstance(chat(access, max_tokens=100).with_structured_output(Trip).invoke(QUESTION), Trip)


def test_a_prompt_that_is_too_long_is_known_as_such(access: Access) -> None:
    with pytest.raises(ContextOverflowError, match="8192"):
        chat(access).invoke(TOO_LONG)
