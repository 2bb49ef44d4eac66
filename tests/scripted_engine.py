"""An engine that says what the test wrote: for tests of everything above the engine."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from engine.base import (
    Api,
    ChatMessage,
    Delta,
    EngineStatus,
    FinishReason,
    ModelInfo,
    Prompt,
    Report,
    Sampling,
    Stage,
    Written,
)
from engine.errors import EngineError, EngineUnavailable, PromptTooLong

REPLY = "하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열. **Markdown** and `code` too."


class ScriptedEngine:
    """Implements `engine.base.Engine`. One word is one token, in prompts and replies.

    `gate` holds every step back while it is cleared, which happens by itself before the step of number `hold`; what
    `hold` shall stop goes on with `go_on`, for the steps may not have come so far when the gate is set. `delay`
    is the time of a step in seconds. `thoughts` come before the reply, and `first` is the time of its first token.
    """

    def __init__(self, reply: str = REPLY, window: int = 8192, slots: int = 4, delay: float = 0.0) -> None:
        self.reply = reply
        self.delay = delay
        self.thoughts = ""
        self.first = 0.0
        self.gate = asyncio.Event()
        self.gate.set()
        self.hold: int | None = None
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.running: set[str] = set()
        self.prompts: list[Prompt] = []
        self.written: list[Written | None] = []
        self.failure: EngineError | None = None
        self.dead = False
        self.openai: Api | None = None
        self._known = ModelInfo("scripted", window, slots)
        self._info: ModelInfo | None = None

    def go_on(self) -> None:
        """To the end, whether `hold` has been reached or not."""
        self.hold = None
        self.gate.set()

    @property
    def info(self) -> ModelInfo:
        """Raises EngineUnavailable before `start`."""
        if self._info is None:
            raise EngineUnavailable("not started")
        return self._info

    @property
    def api(self) -> Api | None:
        """`openai`, while it lives."""
        return None if self._info is None or self.dead else self.openai

    async def start(self, report: Report) -> None:
        """Waits for `may_start`."""
        report(EngineStatus(Stage.LOADING, "scripted"))
        await self.may_start.wait()
        self._info, self.dead = self._known, False
        report(EngineStatus(Stage.READY, "scripted"))

    async def stop(self) -> None:
        """Running streams end with EngineUnavailable."""
        self.dead = True
        self.gate.set()

    async def render(self, messages: Sequence[ChatMessage]) -> Prompt:
        """Counts words."""
        words = tuple(range(sum(len(message.content.split()) for message in messages)))
        return Prompt(tuple(messages), len(words), words)

    async def stream(
        self, request_id: str, prompt: Prompt, sampling: Sampling, written: Written | None = None
    ) -> AsyncGenerator[Delta, None]:
        """The reply word by word, behind the words that are `written`; with `ignore_eos` over and over."""
        if self._info is None or self.dead:
            raise EngineUnavailable("the engine process has ended")
        if prompt.tokens >= self.info.max_model_len:
            raise PromptTooLong(prompt.tokens, self.info.max_model_len)
        thoughts = self.thoughts.split()
        words = [*thoughts, *self.reply.split(" ")]
        total = sampling.max_tokens if sampling.ignore_eos else min(len(words), sampling.max_tokens)
        self.prompts.append(prompt)
        self.written.append(written)
        first = len(written.token_ids) if written else 0
        if first >= total:
            yield Delta("", (), "length" if first >= sampling.max_tokens else "stop")
            return
        self.running.add(request_id)
        try:
            await asyncio.sleep(self.first)
            for index in range(first, total):
                await asyncio.sleep(self.delay)
                if index == self.hold:
                    self.hold = None
                    self.gate.clear()
                await self.gate.wait()
                if self.dead:
                    raise EngineUnavailable("the engine process has ended")
                if self.failure is not None:
                    raise self.failure
                ended = index == total - 1
                complete = ended and total >= len(words) and not sampling.ignore_eos
                said = words[index % len(words)] + ("" if ended else " ")
                thinks = index < len(thoughts)
                reason: FinishReason | None = ("stop" if complete else "length") if ended else None
                yield Delta("" if thinks else said, (index,), reason, reasoning=said if thinks else "")
        finally:
            self.running.discard(request_id)

    async def check_health(self) -> None:
        """Raises EngineUnavailable when `dead`."""
        if self.dead:
            raise EngineUnavailable("the engine process has ended")
