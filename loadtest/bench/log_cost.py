"""What the request log costs `/v1/chat/completions`: on and off by turns, in one server under one load."""

import signal
from dataclasses import dataclass
from functools import partial
from operator import truediv
from statistics import median

import psutil

from loadtest.bench.row import DEMO, Figures, Line, Row
from loadtest.bench.streams import COMPLETIONS, Load, streams
from loadtest.bench.throughput import ACCOUNTS, Side, keys
from loadtest.local_server import LocalServer, started

# The service as it is, but that signals turn its request log off and on again.
MODULE = ("tests.request_log_switch",)
OFF, ON = signal.SIGUSR1, signal.SIGUSR2
LOAD = Load(32, 2)


@dataclass(frozen=True)
class Size:
    """One pass: `turns` times the load with the log, and as often without."""

    load: Load = LOAD
    turns: int = 12


async def measure(server: LocalServer, own: list[str], size: Size) -> Figures:
    """Every turn begins with the other one, so that neither always comes first. The ratios are medians over the turns:
    what slows the machine for some seconds touches a few of them, where a sum would carry it along."""
    process = psutil.Process(server.pid)
    side = Side(process, partial(streams, server.url, COMPLETIONS, own))
    rate: dict[signal.Signals, list[float]] = {ON: [], OFF: []}
    cpu: dict[signal.Signals, list[float]] = {ON: [], OFF: []}
    for turn in range(size.turns):
        for state in (ON, OFF) if turn % 2 else (OFF, ON):
            process.send_signal(state)
            found = await side.measure(size.load)
            rate[state].append(found["rate"])
            cpu[state].append(found["cpu"])
    return {
        "rate": median(map(truediv, rate[ON], rate[OFF])),
        "cpu": median(map(truediv, cpu[ON], cpu[OFF])),
        "rate_on": median(rate[ON]),
        "rate_off": median(rate[OFF]),
        "cpu_on": median(cpu[ON]),
        "cpu_off": median(cpu[OFF]),
    }


async def run(passes: int) -> list[Figures]:
    """All on one server."""
    size = Size()
    with started(DEMO, module=MODULE) as server:
        async with keys(server.url, ACCOUNTS) as own:
            return [await measure(server, own, size) for _ in range(passes)]


ROW = Row(
    "log_cost",
    (
        Line("rate", "tokens/s with 32 clients: with the request log / without", at_least=0.97),
        Line("cpu", "CPU time of the web process per token: with / without"),
        Line("rate_on", "tokens/s with it", "tokens/s"),
        Line("rate_off", "tokens/s without", "tokens/s"),
        Line("cpu_on", "CPU time per token with it", "µs", 1),
        Line("cpu_off", "CPU time per token without", "µs", 1),
    ),
    run,
)
