"""Coroutines for Locust's users: one event loop in a greenlet of its own, which gevent wakes as it wakes the others.

`loadtest/page.py` is written for asyncio, like all of the load test but Locust.
"""

import asyncio
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

import gevent

T = TypeVar("T")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    # Locust has patched the selectors: waiting in this loop lets the other greenlets run.
    loop = asyncio.new_event_loop()
    gevent.spawn(loop.run_forever)
    return loop


def run(work: Coroutine[Any, Any, T]) -> T:
    """Its result, for the greenlet that waits here; when that is ended, the work is cancelled."""
    future = asyncio.run_coroutine_threadsafe(work, _loop())
    try:
        return future.result()
    finally:
        future.cancel()
