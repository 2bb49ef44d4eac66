"""While many stream, tokens are joined on their way; every one arrives, once, in its place."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from engine.pace import CROWD
from loadtest.sse import Parser
from tests.e2e.api import sign_in
from tests.rig.server import Server

pytestmark = pytest.mark.vllm

STREAMS = 3 * CROWD
TEXT = "0123456789 " * 30
BODY: dict[str, Any] = {
    "messages": [{"role": "user", "content": "Count."}],
    "structured_outputs": {"regex": f"({TEXT[:11]}){{30}}"},
    "max_tokens": 600,
    "stream": True,
    "stream_options": {"include_usage": True},
}


# The first is put together by us, the second by vLLM.
@pytest.mark.parametrize("more", [{}, {"include_reasoning": True}], ids=["lean", "vllm"])
async def test_no_token_is_lost_doubled_or_moved(live_server: Server, more: dict[str, Any]) -> None:
    with sign_in(live_server.url) as person:
        token = person.headers["Authorization"]
    limits = httpx.Limits(max_connections=STREAMS)
    async with httpx.AsyncClient(base_url=live_server.url, timeout=120, limits=limits, trust_env=False) as client:
        client.headers["Authorization"] = token

        async def read() -> str:
            answer = await client.post("/v1/chat/completions", json=BODY | more)
            assert answer.status_code == 200, answer.text
            events = [event.data for event in Parser().feed(answer.content)]
            assert events.pop() == "[DONE]"
            chunks = [json.loads(data) for data in events]
            assert chunks[-1]["usage"]["completion_tokens"] > 0
            return "".join(choice["delta"].get("content") or "" for one in chunks for choice in one["choices"])

        for _ in range(2):
            assert await asyncio.gather(*(read() for _ in range(STREAMS))) == [TEXT] * STREAMS
