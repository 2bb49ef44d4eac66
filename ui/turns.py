"""Whose page is drawn next, when many answers are followed at once."""

import asyncio
import time
from collections.abc import Callable

# Drawing takes at most this share of the event loop's time; what it sets off, sending above all, half as much again.
SHARE = 1 / 3


class Turns:
    """One page is drawn at a time, in the order they asked, and then the loop is everybody's for twice as long.

    A page alone waits for nobody. With a hundred, each is drawn less often, and the loop is never late by more than
    one of them: new questions, programs and the engine's tokens do not wait behind all pages.
    """

    def __init__(self) -> None:
        self._drawing = asyncio.Lock()

    async def draw(self, draw: Callable[[], None]) -> None:
        """Call `draw` when it is this page's turn."""
        async with self._drawing:
            began = time.perf_counter()
            draw()
            await asyncio.sleep((time.perf_counter() - began) * (1 / SHARE - 1))
