"""A scripted engine that single messages break."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from engine.base import Delta, Prompt, Report, Sampling, Written
from engine.errors import EngineUnavailable
from tests.scripted_engine import ScriptedEngine


class FaultyEngine(ScriptedEngine):
    """`faults` are raised instead of the third word of the answer to a message; a `deadly` message kills the engine at
    once. `loading`: seconds of a start."""

    def __init__(self, delay: float, loading: float = 0.0) -> None:
        super().__init__(delay=delay)
        self.loading = loading
        self.faults: dict[str, Exception] = {}
        self.deadly: set[str] = set()
        self._starts = 0

    async def start(self, report: Report) -> None:
        """Takes its time."""
        await asyncio.sleep(self.loading)
        await super().start(report)
        self._starts += 1

    async def stream(
        self, request_id: str, prompt: Prompt, sampling: Sampling, written: Written | None = None
    ) -> AsyncGenerator[Delta, None]:
        """Streams of an earlier start are dead."""
        message, born = prompt.messages[-1].content, self._starts
        if message in self.deadly:
            self.dead = True
            raise EngineUnavailable("the engine process has ended")
        async with aclosing(super().stream(request_id, prompt, sampling, written)) as deltas:
            async for delta in deltas:
                if self._starts != born:
                    raise EngineUnavailable("the engine process has ended")
                if message in self.faults and delta.token_ids == (2,):
                    raise self.faults[message]
                yield delta
