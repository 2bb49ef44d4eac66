"""A chat template that opens `<think>`, in real vLLM: on the page's way, over a restart, and in vLLM's own API."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest
import pytest_asyncio

from engine.base import ChatMessage, Sampling, Written
from engine.choose import DEMO_PATH
from engine.config import EngineConfig
from engine.metering import Meter, current
from engine.thinking import Tags, find_tags
from engine.vllm_engine import VllmEngine

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="module")]
QUESTION = [ChatMessage("user", "안녕하세요")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[VllmEngine]:
    """The demo model with such a template. Its tags are special tokens, which are not in the text as it is."""
    folder: Path = tmp_path_factory.mktemp("model") / "thinker"
    shutil.copytree(DEMO_PATH, folder)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text())
    config["chat_template"] = config["chat_template"].replace("assistant\\n", "assistant\\n<think>\\n")
    path.write_text(json.dumps(config))
    args = {"tool_call_parser": "hermes"}
    one = VllmEngine(EngineConfig(model=str(folder), dtype="float32", extra_args=args))
    await one.start(lambda status: None)
    yield one
    await one.stop()


async def test_it_thinks_until_the_tag(engine: VllmEngine) -> None:
    prompt = await engine.render(QUESTION)
    sampling = Sampling(max_tokens=20, temperature=0, ignore_eos=True)
    deltas = [delta async for delta in engine.stream("thinks", prompt, sampling)]
    assert "".join(delta.text for delta in deltas) == ""
    assert "".join(delta.reasoning for delta in deltas)
    tokenizer = engine.llm.get_tokenizer()
    ids = tuple(tokenizer("생각한다\n</think>\n\n네, ", add_special_tokens=False)["input_ids"])
    for shown in (Written(ids, "", ""), Written(ids, "", "생각"), Written(ids, "네", "생각한다")):
        after = [delta async for delta in engine.stream("goes on", prompt, sampling, shown)]
        assert shown.reasoning + "".join(delta.reasoning for delta in after) == "생각한다"
        answer = shown.text + "".join(delta.text for delta in after)
        assert answer.startswith("네, ")
        assert len(answer) > len("네, ")


async def test_the_tags_are_those_of_vllms_parser(engine: VllmEngine) -> None:
    tokenizer = engine.llm.get_tokenizer()
    for name in ("qwen3", "deepseek_r1"):
        assert find_tags(name, tokenizer, "assistant\n<think>\n") == Tags(opened=True, special=True)
    assert find_tags("no such parser", tokenizer, "") is None


async def test_vllms_own_api_tells_it_apart(engine: VllmEngine) -> None:
    assert engine.api is not None
    body = {"model": "thinker", "messages": [{"role": "user", "content": "안녕하세요"}], "max_tokens": 20}
    current.set(Mock(spec=Meter, cache_salt=None))
    assert await engine.api.lean_chat(body | {"stream": True}, "lean") is None
    async with httpx.AsyncClient(transport=httpx.ASGITransport(engine.api.app), base_url="http://vllm") as client:
        answer = await client.post("/v1/chat/completions", json=body)
    message = answer.json()["choices"][0]["message"]
    assert message["reasoning"]
    assert not message["content"]
