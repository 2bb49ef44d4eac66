"""When garbage is collected in full: in a moment without answers, not in the middle of them.

A page is five thousand objects that point at each other, an answer as many while it can still be resumed. Python looks
at all of them again whenever they have grown by a quarter: measured with a hundred pages, a dozen times in a minute and
up to 0.8 s each, in which no token moves. (The young generations are collected as always: that takes milliseconds.)
"""

import asyncio
import gc
import time
from collections.abc import Callable

# Net new objects to a collection of the youngest, and how many of these to one of the middle generation.
YOUNG, MIDDLE = 2_000, 10
NEVER = 2**31 - 1
BEFORE = gc.get_threshold()
SECONDS = 1.0
# Collections of the middle generation, of 20 000 net new objects each: how many are worth a collection in full when
# nothing is answered, and with how many it waits no longer. Pages that have closed may be all of it, a megabyte each.
WORTH, ENOUGH = 4, 50
# Pages that close are nothing new, and would wait for whoever comes next, a second for two hundred of them: so many are
# worth it, too.
PAGES = 20
# The part of the time that collections may take when nothing is answered: many open pages make each of them long.
SHARE = 0.05


class Closed:
    """Pages that were closed since the last collection in full, in this process."""

    def __init__(self) -> None:
        self.pages = 0

    def page(self) -> None:
        """One more."""
        self.pages += 1


closed = Closed()


async def collect_when_quiet(busy: Callable[[], bool]) -> None:
    """Until cancelled; then Python decides again. What is there at the start stays, and is never looked at again."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)
    rested = 0.0
    try:
        while True:
            await asyncio.sleep(SECONDS)
            # Switched off while vLLM is imported (engine.heap).
            if gc.isenabled() and _worth_it(quiet=not busy() and time.monotonic() > rested):
                began = time.monotonic()
                gc.collect()
                closed.pages = 0
                rested = time.monotonic() + (time.monotonic() - began) / SHARE
    finally:
        gc.set_threshold(*BEFORE)
        gc.unfreeze()


def _worth_it(*, quiet: bool) -> bool:
    grown = gc.get_count()[2]
    return grown >= ENOUGH or (quiet and (grown >= WORTH or closed.pages >= PAGES))
