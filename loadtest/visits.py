"""Strangers: pages that nobody signed in for, also such as do not exist, while users chat."""

import asyncio
from dataclasses import dataclass

import httpx

from loadtest.figures import percentile, rss_mb
from loadtest.local_server import LocalServer
from loadtest.talking import talking

PATHS = ("/", "/login", "/register", "/nowhere-{}", "/c/nowhere-{}", "/api/nothing-{}")
AT_ONCE = 10
# What the first visits fill: templates, routes, pools of threads.
WARM_UP = 100


@dataclass(frozen=True)
class Visits:
    """What so many visits did to the server and to those who chat."""

    count: int
    grown_mb: float
    ttft_p95_ms: float
    answers: int
    statuses: frozenset[int]

    def __str__(self) -> str:
        return (
            f"{self.count} anonymous visits: memory {self.grown_mb:+.1f} MB; {self.answers} answers meanwhile, "
            f"first text p95 {self.ttft_p95_ms:.0f} ms"
        )


async def _visit(http: httpx.AsyncClient, count: int) -> set[int]:
    numbers = iter(range(count))
    statuses: set[int] = set()

    async def stranger() -> None:
        for number in numbers:
            answer = await http.get(PATHS[number % len(PATHS)].format(number), headers={"Accept": "text/html"})
            statuses.add(answer.status_code)

    await asyncio.gather(*(stranger() for _ in range(AT_ONCE)))
    return statuses


async def visits(server: LocalServer, count: int, users: int, rest: float = 0.0) -> Visits:
    """Raises what a user meets whose answer does not come. Memory is read after `rest` seconds."""
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as http,
        talking(server.url, users) as turns,
    ):
        await _visit(http, WARM_UP)
        before = rss_mb(server.pid)
        statuses = await _visit(http, count)
    await asyncio.sleep(rest)
    times = [turn.ttft_ms for turn in turns]
    return Visits(count, rss_mb(server.pid) - before, percentile(times, 0.95), len(times), frozenset(statuses))
