"""How many tokens gather while many streams run.

What it costs to hand on a step of an answer depends little on how many tokens it has; few steps leave the event loop to
the requests. vLLM joins the tokens of a stream that begins in a full house (`stream_interval`); its first one and its
end come at once all the same. Streams that had begun before wait between their steps, and vLLM joins what comes.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import perf_counter
from typing import Any

# With more streams than this they share the steps.
CROWD = 8
# The part of the event loop's time that all steps may take.
SHARE = 0.05
# However slow the machine is, there are so many steps a second: of 64 streams each then goes on 20 times a second.
LEAST_STEPS_PER_SECOND = 1280
# Nor does a step get more tokens than this, should the engine become slower after the stream has begun.
MOST_TOKENS = 8
# A step that takes longer has waited for its client.
LONGEST_SECONDS = 0.001
# The engine was idle between two of its steps that are further apart.
IDLE_SECONDS = 1.0
MEMORY = 64
# Of our own answers the reader only records a step; by profile, who follows the record takes three times as long again.
FOLLOWED = 4.0


class Pace:
    """One for all streams of an engine."""

    def __init__(self) -> None:
        self._seconds = SHARE / LEAST_STEPS_PER_SECOND
        self._engine_seconds, self._stepped = 0.0, 0.0
        self._streams, self._usual = 0, 0.0

    def stepped(self) -> None:
        """The engine has finished a step, with a token for each stream."""
        now = perf_counter()
        self._usual += (self._streams - self._usual) / MEMORY
        seconds, self._stepped = now - self._stepped, now
        if seconds < IDLE_SECONDS:
            self._engine_seconds += (seconds - self._engine_seconds) / (MEMORY if self._engine_seconds else 1)

    def begin(self, params: Any) -> bool:
        """Let vLLM join the tokens of the stream that begins with these SamplingParams. True when it does."""
        if not self._engine_seconds or not hasattr(params, "stream_interval"):
            return False
        streams = max(self._streams + 1, round(self._usual))
        tokens = min(MOST_TOKENS, round(self.pause(streams) / self._engine_seconds))
        if tokens > 1:
            params.stream_interval = max(tokens, params.stream_interval or 1)
        return tokens > 1

    async def paced(
        self, outputs: AsyncGenerator[Any, None], *, joined: bool, times: float = 1.0
    ) -> AsyncGenerator[Any, None]:
        """The same outputs of vLLM, the first and the last at once. What the reader does before it asks for the next
        one is a part of their cost, which is so many `times` as much. `joined`: see `begin`."""
        self._streams += 1
        try:
            async with aclosing(outputs):
                async for output in outputs:
                    began = perf_counter()
                    yield output
                    self.took(times * (perf_counter() - began))
                    if not joined and not output.finished and (pause := self.pause(self._streams)):
                        await asyncio.sleep(pause)
        finally:
            self._streams -= 1

    def took(self, seconds: float) -> None:
        """To hand on a step has taken so long."""
        self._seconds += (min(seconds, LONGEST_SECONDS) - self._seconds) / MEMORY

    def pause(self, streams: int) -> float:
        """Seconds between two steps of a stream; 0 while there are few."""
        if streams <= CROWD:
            return 0.0
        return streams * min(self._seconds / SHARE, 1 / LEAST_STEPS_PER_SECOND)
