"""Streamed answers through each door of the service, through vLLM's own server, and of the engine alone."""

import contextlib
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from loadtest.bench.bare_loop import DEMO_ENGINE, bare_loop
from loadtest.bench.row import DEMO, Figures, Line, Row
from loadtest.bench.streams import CHAT, COMPLETIONS, Load, Outcome, streams
from loadtest.bench.vllm_server import MODEL, vllm_server
from loadtest.figures import cpu_seconds
from loadtest.local_server import LocalServer, started
from loadtest.user import signed_up

# The longer each answer of few clients takes, the fewer are enough.
LOADS = (Load(1, 6), Load(10, 4), Load(32, 3), Load(64, 3))
WARM_UP_TOKENS = 8
ACCOUNTS = 16
SIDES = {
    "ours": "`/v1/chat/completions`, ours",
    "vllm": "`/v1/chat/completions`, vLLM's own server",
    "chat": "`/api/chat`",
    "bare": "bare `AsyncLLM.generate` loop",
}


@dataclass(frozen=True)
class Side:
    """One of those compared: the process whose CPU time counts, and how it is given work."""

    process: psutil.Process
    answer: Callable[[Load], Awaitable[Outcome]]

    async def measure(self, load: Load) -> dict[str, float]:
        """Warm up, then tokens/s, TTFT in ms, CPU time of the process alone in µs per token, its RSS in MB."""
        await self.answer(replace(load, rounds=1, tokens=WARM_UP_TOKENS))
        before = cpu_seconds(self.process.pid)
        outcome = await self.answer(load)
        return {
            "rate": load.total / outcome.seconds,
            "p50": median(outcome.ttft_ms),
            "p95": p95(outcome.ttft_ms),
            "cpu": 1e6 * (cpu_seconds(self.process.pid) - before) / load.total,
            "rss": self.process.memory_info().rss / 1e6,
        }


def p95(values: Sequence[float]) -> float:
    """By the nearest rank."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


@contextlib.asynccontextmanager
async def keys(url: str, count: int) -> AsyncIterator[list[str]]:
    """API keys of as many new accounts."""
    async with contextlib.AsyncExitStack() as stack:
        users = [await stack.enter_async_context(signed_up(url)) for _ in range(count)]
        yield [await user.api_key() for user in users]


@dataclass(frozen=True)
class Loaded:
    """What all sides load: `engine` has fields of `EngineConfig`, `arguments` say the same to vLLM's server."""

    path: Path
    engine: Mapping[str, Any]
    arguments: Sequence[str] = ()

    def settings(self) -> dict[str, str]:
        """For our server."""
        written = {name: one if isinstance(one, str) else json.dumps(one) for name, one in self.engine.items()}
        return {f"CHAT_ENGINE__{name.upper()}": value for name, value in written.items()}


@contextlib.asynccontextmanager
async def sides(
    own: LocalServer, accounts: int = ACCOUNTS, model: Loaded = Loaded(MODEL, DEMO_ENGINE)
) -> AsyncIterator[dict[str, Side]]:
    """Those that `own` is compared with are started beside it, one after the other, since each first measures the
    memory that is left; idle ones take no CPU time worth naming.

    Raises ServerError when one does not answer.
    """
    async with keys(own.url, accounts) as ours:
        # A route that is not there is told before the others are started.
        await streams(own.url, COMPLETIONS, ours, Load(1, 1, WARM_UP_TOKENS))
        with contextlib.ExitStack() as stack:
            theirs = stack.enter_context(vllm_server(model.path, model.arguments))
            theirs.wait()
            bare = stack.enter_context(bare_loop(model.engine))
            await bare.wait()
            process = psutil.Process(own.pid)
            yield {
                "ours": Side(process, partial(streams, own.url, COMPLETIONS, ours)),
                "vllm": Side(psutil.Process(theirs.process.pid), partial(streams, theirs.url, COMPLETIONS, ["none"])),
                "chat": Side(process, partial(streams, own.url, CHAT, ours)),
                "bare": Side(psutil.Process(bare.process.pid), bare.answer),
            }


async def one_pass(compared: dict[str, Side], number: int, loads: Sequence[Load] = LOADS) -> Figures:
    """Each load on all sides, one after the other; each pass begins with another side."""
    found: dict[str, float] = {}
    order = list(compared)
    order = order[number % len(order) :] + order[: number % len(order)]
    for load in loads:
        for side in order:
            measured = await compared[side].measure(load)
            found |= {f"{side}/{load.clients}/{figure}": value for figure, value in measured.items()}
        found |= ratios(found, load.clients)
        print(" ".join(f"{key} {value:.4g}" for key, value in found.items() if f"/{load.clients}/" in key), flush=True)
    return found


def ratios(found: Figures, clients: int) -> dict[str, float]:
    """Those that have a target."""
    pairs = (("ours", "vllm", "rate"), ("ours", "vllm", "p50"), ("ours", "bare", "rate"), ("chat", "bare", "rate"))
    return {
        f"{one}/{other}/{clients}/{figure}": found[f"{one}/{clients}/{figure}"] / found[f"{other}/{clients}/{figure}"]
        for one, other, figure in pairs
        if f"{one}/{clients}/{figure}" in found
    }


async def run(passes: int) -> list[Figures]:
    """All sides stay started; the passes alternate between them."""
    with started(DEMO) as own:
        async with sides(own) as compared:
            return [await one_pass(compared, number) for number in range(passes)]


def details(passes: Sequence[Figures]) -> str:
    """Every figure of every side, in Markdown."""
    rows = ["| clients | | tokens/s | TTFT p50, ms | TTFT p95, ms | CPU, µs per token | RSS, MB |"]
    rows.append("|---|---|---|---|---|---|---|")
    for clients in sorted({int(key.split("/")[1]) for key in passes[0] if key.startswith("bare/")}):
        for side, name in SIDES.items():
            if f"{side}/{clients}/rate" not in passes[0]:
                continue
            values = [[one[f"{side}/{clients}/{figure}"] for one in passes] for figure in FIGURES]
            cells = (f"{median(own):.0f} ({min(own):.0f} … {max(own):.0f})" for own in values)
            rows.append(f"| {clients} | {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


FIGURES = ("rate", "p50", "p95", "cpu", "rss")
ROW = Row(
    "throughput",
    (
        Line(
            "ours/vllm/32/rate", "tokens/s with 32 clients: `/v1/chat/completions` / vLLM's own server", at_least=1.15
        ),
        Line("ours/vllm/64/rate", "the same with 64 clients", at_least=1.15),
        Line("ours/vllm/32/p50", "TTFT p50 with 32 clients: `/v1/chat/completions` / vLLM's own server", at_most=0.65),
        Line("ours/vllm/64/p50", "the same with 64 clients", at_most=0.65),
        Line("ours/bare/32/rate", "tokens/s with 32 clients: `/v1/chat/completions` / bare loop", at_least=0.85),
        Line("ours/bare/64/rate", "the same with 64 clients", at_least=0.85),
        Line("ours/32/cpu", "web process, CPU time per token with 32 clients on `/v1`", "µs", at_most=90),
        Line("ours/64/cpu", "the same with 64 clients", "µs", at_most=90),
        Line("chat/bare/32/rate", "tokens/s with 32 clients: `/api/chat` / bare loop", at_least=0.8),
        Line("chat/bare/64/rate", "the same with 64 clients", at_least=0.8),
    ),
    run,
    details,
)
