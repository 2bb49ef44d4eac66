"""The longest legal histories: to render and tokenize them holds neither the event loop nor the tokenizer for long."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert

from app.config import Settings
from app.conversations.models import Message
from app.conversations.prompt import CHARS_PER_TOKEN
from app.conversations.schemas import MAX_MESSAGE_CHARS
from app.db import new_id, now
from engine import heap
from engine.base import ChatMessage, Prompt
from engine.chat_template import FEW_MESSAGES, SHORT_CHARS, ChatTemplate
from engine.config import EngineConfig
from engine.vllm_engine import VllmEngine
from tests.app.serving import Served, chat, serving
from tests.scripted_engine import ScriptedEngine
from tests.security.test_prompt_tokens import tokenizer

# On the loop each of the texts below takes longer, however often one tries; on a busy machine one of TRIES is quick.
BOUND_SECONDS = 0.25
TRIES = 3
WINDOW = 8192


class Template(ChatTemplate):
    """The bundled model's own, which counts what it is given."""

    def __init__(self) -> None:
        super().__init__(tokenizer())
        self.loop = threading.get_ident()
        self.chars: list[int] = []

    def encode(self, messages: tuple[ChatMessage, ...]) -> tuple[int, ...]:
        self.chars.append(sum(len(message.content) for message in messages))
        if threading.get_ident() == self.loop:
            assert self.chars[-1] < SHORT_CHARS
            assert len(messages) <= FEW_MESSAGES
        return super().encode(messages)


class RealPrompts(ScriptedEngine):
    """Prompts as the vLLM engine makes them, answers as written."""

    def __init__(self) -> None:
        super().__init__(window=WINDOW)
        self.template = Template()
        self._vllm = VllmEngine(EngineConfig())
        self._vllm._template = self.template

    async def render(self, messages: Sequence[ChatMessage]) -> Prompt:
        return await self._vllm.render(messages)


@pytest.fixture
def real_prompts() -> RealPrompts:
    """In the service the collector has put aside what vLLM's import leaves, too."""
    with heap.settled():
        engine = RealPrompts()
    return engine


@pytest.fixture
async def served(make_settings: Callable[..., Settings], real_prompts: RealPrompts) -> AsyncIterator[Served]:
    async with serving(make_settings(), real_prompts) as instance:
        await instance.services.engine.wait_ready()
        yield instance


@asynccontextmanager
async def watched() -> AsyncIterator[Callable[[], float]]:
    """The longest time in seconds that the loop did not turn."""
    worst = 0.0

    async def turn() -> None:
        nonlocal worst
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.002)
            worst = max(worst, time.perf_counter() - before)

    turning = asyncio.create_task(turn())
    yield lambda: worst
    turning.cancel()


LONGEST = {
    "one word": "a" * MAX_MESSAGE_CHARS,
    "words": "hello world " * (MAX_MESSAGE_CHARS // 12),
    "Korean": "가나다 " * 20_000,
    "special tokens": "<|im_start|>" * (MAX_MESSAGE_CHARS // 12),
    "blanks": " " * (MAX_MESSAGE_CHARS - 1) + "a",
    "emoji": "👩‍👩‍👧‍👦" * 10_000,
}


@pytest.mark.parametrize("kind", LONGEST)
async def test_the_longest_message_does_not_hold_the_loop(
    client: httpx.AsyncClient, real_prompts: RealPrompts, kind: str
) -> None:
    await chat(client)
    seconds: list[float] = []
    while len(seconds) < TRIES and min(seconds, default=1) >= BOUND_SECONDS:
        async with watched() as longest:
            answer = await client.post("/api/chat", json={"content": LONGEST[kind]})
        seconds.append(longest())
        assert answer.json()["error"]["code"] == "context_length_exceeded"
    assert real_prompts.template.chars[-1] >= len(LONGEST[kind])
    assert min(seconds) < BOUND_SECONDS


async def test_many_short_messages_are_not_rendered_on_the_loop(real_prompts: RealPrompts) -> None:
    loop = threading.get_ident()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(real_prompts.template, "encode", lambda messages: (threading.get_ident(),))
        for count, on_loop in ((FEW_MESSAGES, True), (FEW_MESSAGES + 1, False)):
            prompt = await real_prompts.render([ChatMessage("user", "a")] * count)
            assert (prompt.token_ids == (loop,)) is on_loop


async def conversation(served: Served, client: httpx.AsyncClient, question: str, answer: str) -> str:
    """The id of a conversation of 1000 messages."""
    created: str = (await client.post("/api/conversations", json={})).json()["id"]
    ids, start = [new_id() for _ in range(1000)], now() - timedelta(days=1)
    rows = [
        {
            "id": one,
            "conversation_id": UUID(created),
            "parent_id": parent,
            "role": role,
            "content": content,
            "status": "done",
            "created_at": start + timedelta(seconds=number),
        }
        for number, (one, parent, (role, content)) in enumerate(
            zip(ids, [None, *ids], [("user", question), ("assistant", answer)] * 500, strict=False)
        )
    ]
    async with served.services.db.transaction() as db:
        await db.execute(insert(Message), rows)
    return created


@pytest.mark.parametrize("answer", ["word " * 1600, ""], ids=["answered", "never answered"])
async def test_the_longest_conversation_does_not_hold_the_loop(
    served: Served, client: httpx.AsyncClient, real_prompts: RealPrompts, answer: str
) -> None:
    """8 MB of text: the part that may fit is tokenized, not the whole again and again."""
    seconds: list[float] = []
    while len(seconds) < TRIES and min(seconds, default=1) >= BOUND_SECONDS:
        ask = partial(chat, client, conversation_id=await conversation(served, client, "word " * 1600, answer))
        del real_prompts.template.chars[:]
        async with watched() as longest:
            events = await ask("And now?")
        seconds.append(longest())
        assert events[-1]["event"] == "done"
    assert real_prompts.prompts[-1].messages[-1].content.endswith("And now?")
    assert real_prompts.prompts[-1].tokens > WINDOW // 8
    assert max(real_prompts.template.chars) <= WINDOW * CHARS_PER_TOKEN
    assert len(real_prompts.template.chars) < 12
    assert min(seconds) < BOUND_SECONDS
    # The next turn begins where this one did.
    before = real_prompts.prompts[-1].messages
    await ask("And then?")
    assert real_prompts.prompts[-1].messages[: len(before) - 1] == before[:-1]
