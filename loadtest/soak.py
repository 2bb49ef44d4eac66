"""`make soak`: does the server keep what it should give back? GENERATIONS (5000), PAGES (1000).

Short answers and pages that open and close; the memory of the web process is read all the time, printed, and written
into docs/reliability.md. Exit code 1 when it grows by more than LIMIT_MB_PER_1000 after the warm-up, or more than
0.5 % of the operations fail.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

import aiohttp
import httpx
import psutil

from loadtest.bench.document import put
from loadtest.bench.machine import described
from loadtest.local_server import ROOT, LocalServer, ServerError, started
from loadtest.page import signed_in
from loadtest.questions import QUESTIONS
from loadtest.user import signed_up

LIMIT_MB_PER_1000 = 4.0
MAX_FAILURES = 0.005
SHOWN_FAULTS = 10
# The first part of a run fills what is meant to be filled: caches, and the answers of the last 30 seconds.
WARM_UP, WARM_SECONDS = 0.3, 60.0
SAMPLES = 40
REST_SECONDS = 35.0  # ended answers are kept in memory for 30
WORKERS = 10
TOKENS = 16
REPORT = ROOT / "docs" / "reliability.md"


@dataclass(frozen=True)
class Sample:
    """The web process after so many operations."""

    operations: int
    seconds: float
    rss_mb: float
    files: int
    threads: int

    def __str__(self) -> str:
        return (
            f"{self.operations:>8} operations {self.seconds:>6.0f} s {self.rss_mb:>8.1f} MB "
            f"{self.files:>5} files {self.threads:>4} threads"
        )


def slope(samples: Sequence[Sample]) -> float | None:
    """MB per 1 000 operations after the warm-up, by a linear fit; None when the run was too short for one."""
    first = WARM_UP * max((one.operations for one in samples), default=0)
    later = [one for one in samples if one.operations >= first and one.seconds >= WARM_SECONDS]
    if len({one.operations for one in later}) < 2:
        return None
    fit = linear_regression([one.operations / 1000 for one in later], [one.rss_mb for one in later])
    return float(fit.slope)


def mixed(generations: int, pages: int) -> Iterator[bool]:
    """True for a page: both kinds, evenly mixed."""
    total = generations + pages
    for number in range(total):
        yield (number + 1) * pages // total > number * pages // total


class Soak:
    """Counts operations and reads the process."""

    def __init__(self, server: LocalServer, generations: int, pages: int) -> None:
        self.samples: list[Sample] = []
        self.faults: list[str] = []
        self._url = server.url
        self._process = psutil.Process(server.pid)
        self._kinds = mixed(generations, pages)
        self._every = max(1, (generations + pages) // SAMPLES)
        self._done = 0
        self._began = time.monotonic()

    async def run(self) -> None:
        """All of it."""
        self.sample()
        async with signed_up(self._url) as user, signed_in(self._url, user.email, user.password) as browser:

            async def write() -> None:
                question = QUESTIONS[self._done % len(QUESTIONS)]
                await user.exhaust(question, max_tokens=TOKENS)

            async def work() -> None:
                for is_page in self._kinds:
                    try:
                        await (browser.open() if is_page else write())
                    except (RuntimeError, httpx.HTTPError, aiohttp.ClientError) as error:
                        self.faults.append(f"after {self._done} operations: {error!r}"[:300])
                    self._done += 1
                    if self._done % self._every == 0:
                        self.sample()

            async with asyncio.TaskGroup() as group:
                for _ in range(WORKERS):
                    group.create_task(work())

    def sample(self) -> None:
        """Read memory, open files and threads, and print them."""
        with self._process.oneshot():
            rss, threads = self._process.memory_info().rss, self._process.num_threads()
        sample = Sample(self._done, time.monotonic() - self._began, rss / 2**20, self._process.num_fds(), threads)
        self.samples.append(sample)
        print(sample, flush=True)


def table(samples: Sequence[Sample]) -> str:
    """Markdown: about ten of the samples, the first and the last among them."""
    step = max(1, len(samples) // 10)
    shown = [*samples[:-2:step], *samples[-2:]]
    lines = ["| operations | after | memory | open files | threads |", "|---|---|---|---|---|"]
    for one in shown:
        cells = [str(one.operations), f"{one.seconds:.0f} s", f"{one.rss_mb:.0f} MB", str(one.files), str(one.threads)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


async def soak(server: LocalServer, generations: int, pages: int, out: Path, rest: float = REST_SECONDS) -> int:
    """The exit code."""
    machine = described(f"make soak GENERATIONS={generations} PAGES={pages}")
    work = Soak(server, generations, pages)
    await work.run()
    grown = slope(work.samples)
    print(f"resting for {rest:.0f} s ...", flush=True)
    await asyncio.sleep(rest)
    work.sample()
    told = "too short for a slope" if grown is None else f"{grown:+.2f} MB per 1 000 operations"
    verdict = f"{told} (limit {LIMIT_MB_PER_1000:.0f} MB)"
    verdict += f", {len(work.faults)} of {generations + pages} operations failed"
    print(*work.faults[:SHOWN_FAULTS], verdict, sep="\n")
    put(out, "soak", f"{table(work.samples)}\n\n**{verdict}**\n\n{machine}")
    failed = len(work.faults) > MAX_FAILURES * (generations + pages)
    return 1 if failed or (grown or 0.0) > LIMIT_MB_PER_1000 else 0


def main() -> int:
    """0 when the memory stays, 1 when it grows or nothing answers, 2 for settings that make no sense."""
    given = [os.environ.get("GENERATIONS") or "5000", os.environ.get("PAGES") or "1000"]
    if not all(number.isdigit() for number in given):
        print("make soak: GENERATIONS and PAGES are numbers", file=sys.stderr)
        return 2
    try:
        with started({"CHAT_ENGINE__MODEL": "demo"}) as server:
            return asyncio.run(soak(server, int(given[0]), int(given[1]), REPORT))
    except ServerError as error:
        print(f"make soak: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
