"""How long tokens gather while many streams run.

What it costs to hand on a step of an answer depends little on how many tokens it has, and vLLM joins those that wait.
Few steps leave the event loop to the requests; but an answer's last token gathers, too, so nobody waits longer than a
machine of this speed asks for.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

# With more streams than this they share the steps.
CROWD = 8
# The part of the event loop's time that all steps may take.
SHARE = 0.05
# However slow the machine is, there are so many steps a second: of 64 streams each then goes on 20 times a second.
LEAST_STEPS_PER_SECOND = 1280
# A step that takes longer has waited for its client.
LONGEST_SECONDS = 0.001
MEMORY = 64
# Of our own answers the reader only records a step; by profile, who follows the record takes three times as long again.
FOLLOWED = 4.0


class Pace:
    """One for all streams of a kind in a process. `times`: what a step costs in all, for each second that its reader
    takes."""

    def __init__(self, times: float = 1.0) -> None:
        self._times = times
        self._seconds = SHARE / LEAST_STEPS_PER_SECOND
        self._streams = 0

    async def paced(self, steps: AsyncGenerator[T, None], last: Callable[[T], bool]) -> AsyncGenerator[T, None]:
        """The same steps, the first at once. What the reader does before it asks for the next one is their cost.

        `last`: whether a step ends the stream, so that nobody waits for nothing.
        """
        self._streams += 1
        try:
            async with aclosing(steps):
                async for step in steps:
                    began = perf_counter()
                    yield step
                    self.took(perf_counter() - began)
                    if (pause := self.pause(self._streams)) and not last(step):
                        await asyncio.sleep(pause)
        finally:
            self._streams -= 1

    def took(self, seconds: float) -> None:
        """Its reader has taken so long for a step."""
        self._seconds += (min(self._times * seconds, LONGEST_SECONDS) - self._seconds) / MEMORY

    def pause(self, streams: int) -> float:
        """Seconds until the next step of a stream; 0 while there are few."""
        if streams <= CROWD:
            return 0.0
        return streams * min(self._seconds / SHARE, 1 / LEAST_STEPS_PER_SECOND)
