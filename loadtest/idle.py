"""Many open pages that nobody touches, beside users who chat."""

import asyncio
import contextlib
import time
from dataclasses import dataclass

import httpx

from loadtest.figures import buckets, cpu_seconds, percentile, quantile, rss_mb
from loadtest.local_server import LocalServer
from loadtest.page import Tab, signed_in
from loadtest.talking import talking
from loadtest.user import signed_up

OPENED_AT_ONCE = 5


@dataclass(frozen=True)
class Idle:
    """The server and its users with so many pages open."""

    sockets: int
    rss_mb: float
    ttft_p95_ms: float
    answers: int
    lag_p99_ms: float
    cpu_share: float

    def __str__(self) -> str:
        return (
            f"{self.sockets} open pages: memory {self.rss_mb:.0f} MB; {self.answers} answers, first text p95 "
            f"{self.ttft_p95_ms:.0f} ms; event loop late p99 at most {self.lag_p99_ms:.0f} ms; "
            f"the web process took {self.cpu_share:.0%} of a core"
        )


async def _watch(server: LocalServer, sockets: int, users: int, seconds: float) -> Idle:
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as http:
        async with talking(server.url, users) as turns:
            # Signing up is over: hashing passwords is none of this.
            turns.clear()
            before, began, used = await buckets(http), time.monotonic(), cpu_seconds(server.pid)
            await asyncio.sleep(seconds)
            share = (cpu_seconds(server.pid) - used) / (time.monotonic() - began)
            after = await buckets(http)
    times = [turn.ttft_ms for turn in turns]
    late = 1000 * quantile(before, after, 0.99)
    return Idle(sockets, rss_mb(server.pid), percentile(times, 0.95), len(times), late, share)


async def idle(server: LocalServer, sockets: int, users: int, seconds: float) -> tuple[Idle, Idle]:
    """Without and with the pages. Raises RuntimeError when one of the sockets did not stay."""
    without = await _watch(server, 0, users, seconds)
    async with contextlib.AsyncExitStack() as stack:
        user = await stack.enter_async_context(signed_up(server.url))
        browser = await stack.enter_async_context(signed_in(server.url, user.email, user.password))
        tabs: list[Tab] = []
        for _ in range(0, sockets, OPENED_AT_ONCE):
            opening = (
                stack.enter_async_context(browser.tab()) for _ in range(min(OPENED_AT_ONCE, sockets - len(tabs)))
            )
            tabs += await asyncio.gather(*opening)
        found = await _watch(server, sockets, users, seconds)
        lost = sum(not tab.connected for tab in tabs)
        if lost:
            raise RuntimeError(f"{lost} of {sockets} sockets did not stay")
    return without, found
