"""On a GPU: the settings of the original design on one card (0.55 of its memory, 8192 positions, float16, 128
sequences), the model of the row `gpu`: start, full contexts, a conversation of fifty turns, a killed engine."""

import time
from statistics import median

import httpx

from loadtest.bench import restart, second_turn
from loadtest.bench.gpu import QUEUE, Long, dummy, need_gpu
from loadtest.bench.row import Figures, Line, Row
from loadtest.bench.streams import COMPLETIONS, streams
from loadtest.bench.throughput import Loaded, keys, p95
from loadtest.local_server import LocalServer, started

SHARE = 0.55
CONTEXT = Long(10, 1, 256, words=5150)
TURNS = second_turn.Size(sentences=140)


async def contexts(server: LocalServer, load: Long) -> dict[str, float]:
    """Ten at once with long prompts, none of which is in the cache."""
    async with keys(server.url, 2) as ours:
        outcome = await streams(server.url, COMPLETIONS, ours, load)
    return {
        "context_rate": load.total / outcome.seconds,
        "context_p50": median(outcome.ttft_ms),
        "context_p95": p95(outcome.ttft_ms),
    }


def card(url: str) -> dict[str, float]:
    """What /metrics says of the first GPU."""
    lines = httpx.get(f"{url}/metrics", trust_env=False).raise_for_status().text.splitlines()
    said = dict(line.rsplit(" ", 1) for line in lines if line.startswith("gpu_"))
    return {
        "memory": float(said['gpu_memory_used_bytes{gpu="0"}']) / 2**30,
        "power": float(said['gpu_power_watts{gpu="0"}']),
    }


async def measure(model: Loaded, load: Long = CONTEXT, turns: second_turn.Size = TURNS) -> Figures:
    """One pass; the servers take turns on the card."""
    began = time.perf_counter()
    with started(model.settings() | QUEUE) as server:
        found = {"start": time.perf_counter() - began}
        found |= second_turn.figures(await second_turn.converse(server.url, turns))
        found |= await contexts(server, load)
        found |= card(server.url)
        found["ours"] = await restart.ours(server.url, server.pid)
    found["their_start"], found["theirs"] = restart.theirs(model.path, model.arguments)
    return found | {"killed": found["ours"] / found["theirs"]}


async def run(passes: int) -> list[Figures]:
    """Raises ServerError without a GPU."""
    need_gpu()
    with dummy(SHARE) as model:
        return [await measure(model) for _ in range(passes)]


ROW = Row(
    "gpu_original",
    (
        Line("start", "our server, from its start until it is ready", "s", 1),
        Line("their_start", "vLLM's own server, until its first text", "s", 1),
        Line("context_p50", "TTFT p50, ten prompts of about 7 800 tokens at once", "ms"),
        Line("context_p95", "TTFT p95 of the same", "ms", at_most=2000),
        Line("context_rate", "tokens/s of the same", "tokens/s"),
        Line("share", "share of the prompt that came from the cache, turns 2 to 50, median", "%", 1, at_least=95),
        Line("first", "first text of turn 1", "ms", 1),
        Line("later", "first text of turns 2 to 50, median", "ms", 1),
        Line("flat", "first text, last fifth of the turns / first fifth", at_most=1.2),
        Line("ours", "EngineCore killed: next text of the same answer", "s", 1),
        Line("theirs", "vLLM's server killed and started: first text of a new request", "s", 1),
        Line("killed", "ours / theirs", at_most=0.25),
        Line("memory", "memory of the card in use, by /metrics", "GiB", 1),
        Line("power", "power it draws, by /metrics", "W"),
    ),
    run,
    gpu=True,
)
