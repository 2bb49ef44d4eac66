"""What a server is seen to use, memory and processor time, and histograms of its `/metrics` between two moments."""

import time
from collections.abc import Mapping

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

LAG = "chat_event_loop_lag_seconds"
Buckets = Mapping[float, float]


def rss_mb(pid: int) -> float:
    """Resident memory of the web process in MB."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def cpu_seconds(pid: int) -> float:
    """Processor time that the web process has used; other work on the machine does not change it.

    On Linux by the process's own clock, to the nanosecond: what psutil reads moves in steps of 10 ms, in which a few
    answers are lost. The clock's number is what clock_getcpuclockid(3) gives, which Python does not offer.
    """
    if psutil.LINUX:
        return time.clock_gettime((~pid << 3) | 2)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


async def buckets(http: httpx.AsyncClient, name: str = LAG) -> dict[float, float]:
    """Of the histogram `name`: how many were at most so many seconds."""
    text = (await http.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {float(one.labels["le"]): one.value for one in samples if one.name == f"{name}_bucket"}


def quantile(before: Buckets, after: Buckets, share: float) -> float:
    """The upper bound of the bucket that holds it, in seconds; NaN when nothing was observed between."""
    grown = {bound: after[bound] - before.get(bound, 0.0) for bound in sorted(after)}
    total = grown[max(grown)] if grown else 0.0
    return next((bound for bound, count in grown.items() if total and count >= share * total), float("nan"))


def percentile(values: list[float], share: float) -> float:
    """The nearest rank; NaN for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
