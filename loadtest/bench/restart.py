"""EngineCore is killed in the middle of an answer: when does it go on, and how long does vLLM's server need?"""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from loadtest.bench.fairness import equal
from loadtest.bench.row import DEMO, Figures, Line, Row
from loadtest.bench.vllm_server import MODEL, vllm_server
from loadtest.local_server import started
from loadtest.user import Moment, signed_up

BEFORE = 50  # deltas that are read before the kill
TOKENS = 600


def engine_core(pid: int) -> psutil.Process:
    """The engine's living process under the server `pid`. Raises LookupError."""
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # also of one that is dead and not yet buried
            if "EngineCore" in " ".join(child.cmdline()):
                return child
    raise LookupError(f"process {pid} has no EngineCore")


async def ours(url: str, pid: int) -> float:
    """Seconds from kill -9 of EngineCore to the next text of the same stream."""
    killed: list[float] = []
    seen: list[Moment] = []

    def watch(moment: Moment) -> None:
        seen.append(moment)
        if not killed and sum(one.event == "delta" for one in seen) == BEFORE:
            engine_core(pid).kill()
            killed.append(time.perf_counter())

    async with signed_up(url) as user:
        await user.ask("길게 설명해 주세요", seen=watch, **equal(TOKENS))
    resumed = next(index for index, one in enumerate(seen) if one.event == "resuming")
    return next(one.at for one in seen[resumed:] if one.event == "delta") - killed[0]


def theirs(model: Path = MODEL, more: Sequence[str] = ()) -> tuple[float, float]:
    """vLLM's own server: seconds from its start to its first text, and from `kill -9`, started again at once, to the
    first text of a new request."""
    began = time.perf_counter()
    with vllm_server(model, more) as server:
        server.wait()
        start = server.first_token() - began
        server.kill()
        killed = time.perf_counter()
    with vllm_server(model, more) as again:
        again.wait()
        return start, again.first_token() - killed


async def run(passes: int) -> list[Figures]:
    """Each pass with new processes, so that no wait between repeated crashes comes in."""
    found: list[Figures] = []
    for _ in range(passes):
        with started(DEMO) as server:
            seconds = await ours(server.url, server.pid)
        _, again = theirs()
        found.append({"ours": seconds, "theirs": again, "ratio": seconds / again})
    return found


ROW = Row(
    "restart",
    (
        Line("ours", "EngineCore killed: next text of the same answer", "s", 2),
        Line("theirs", "vLLM's server killed and started: first text of a new request", "s", 2),
        Line("ratio", "ours / theirs", at_most=0.25),
    ),
    run,
)
