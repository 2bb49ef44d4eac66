"""What Prometheus' scrapes cost a server that has answered many people through all doors."""

import asyncio
import json
import time
from dataclasses import dataclass
from statistics import median

import httpx

from loadtest.bench.row import DEMO, Figures, Line, Row
from loadtest.bench.streams import CHAT, COMPLETIONS, Load, streams
from loadtest.bench.throughput import keys
from loadtest.figures import cpu_seconds
from loadtest.local_server import LocalServer, ServerError, started

# As docker/prometheus/prometheus.yml has it, in seconds.
INTERVAL = 5.0
LOAD = Load(16, 12, 16)
# Nobody listens there: models that are configured and away have their series, too.
AWAY = {
    "CHAT_MODELS": json.dumps([{"name": f"away-{number}", "base_url": "http://127.0.0.1:9/v1"} for number in range(4)])
}
# What Prometheus 2 and 3 send.
HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Accept-Encoding": "gzip",
    "User-Agent": "Prometheus/3.0.0",
}


@dataclass(frozen=True)
class Size:
    """Each door gives the answers of `load`; then `scrapes` in a row, and as long without any."""

    load: Load = LOAD
    accounts: int = 16
    scrapes: int = 200


async def fill(server: LocalServer, size: Size) -> int:
    """Answers, refusals and wrong addresses, so that the page has its series. Returns how many answers."""
    async with keys(server.url, size.accounts) as own, httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        for door in (COMPLETIONS, CHAT):
            await streams(server.url, door, own, size.load)
        for key in own:
            http.headers["Authorization"] = f"Bearer {key}"
            for path in ("/api/conversations", "/api/users/me", "/v1/models", "/api/nothing", "/api/presets"):
                await http.get(path)
            await http.post("/v1/chat/completions", json={"model": "away-0", "messages": []})
            await http.post("/api/chat", json={"content": "hello", "model": "away-1"})
    return 2 * size.load.clients * size.load.rounds


async def measure(server: LocalServer, size: Size, answers: int) -> Figures:
    """The CPU time of an idle server's own business is not that of the scrapes."""
    seconds, text = [], ""
    async with httpx.AsyncClient(base_url=server.url, headers=HEADERS, trust_env=False) as http:
        await http.get("/metrics")
        before, began = cpu_seconds(server.pid), time.perf_counter()
        for _ in range(size.scrapes):
            asked = time.perf_counter()
            answer = await http.get("/metrics")
            seconds.append(time.perf_counter() - asked)
            if answer.status_code != 200:
                raise ServerError(f"GET /metrics: {answer.status_code}")
            text = answer.text
        scraped, took = cpu_seconds(server.pid) - before, time.perf_counter() - began
        await asyncio.sleep(took)
        idle = cpu_seconds(server.pid) - before - scraped
    each = (scraped - idle) / size.scrapes
    return {
        "share": 100 * each / INTERVAL,
        "cpu": 1000 * each,
        "wall": 1000 * median(seconds),
        "series": series(text),
        "answers": answers,
    }


def series(page: str) -> int:
    """How many there are."""
    return sum(bool(line) and not line.startswith("#") for line in page.splitlines())


async def run(passes: int) -> list[Figures]:
    """All on one server."""
    size = Size()
    with started(DEMO | AWAY) as server:
        answers = await fill(server, size)
        return [await measure(server, size, answers) for _ in range(passes)]


ROW = Row(
    "metrics_cost",
    (
        Line("share", "a scrape every 5 s, of one core", "%", 2, at_most=1),
        Line("cpu", "CPU time of a scrape", "ms", 2),
        Line("wall", "a scrape by the clock of its client, median", "ms", 1),
        Line("series", "series on the page", "series"),
        Line("answers", "answers before", "answers"),
    ),
    run,
)
