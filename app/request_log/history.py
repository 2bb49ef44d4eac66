"""The request log over time: counts, tokens and TTFT in equal steps."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

from pydantic import AwareDatetime, BaseModel
from sqlalchemy import Row

STEPS = 60


class Step(BaseModel):
    """What began between `at` and the next step; TTFT in milliseconds, null without an answer."""

    at: AwareDatetime
    done: int = 0
    failed: int = 0
    refused: int = 0
    completion_tokens: int = 0
    ttft_p50: float | None = None
    ttft_p95: float | None = None


class History(BaseModel):
    """Oldest first; each step has `seconds`."""

    seconds: float
    steps: list[Step]


def history(rows: Sequence[Row[Any]], since: datetime, until: datetime) -> History:
    """Rows of (at, status, ttft_ms, completion_tokens) in STEPS equal steps."""
    length = (until - since) / STEPS
    steps = [Step(at=since + number * length) for number in range(STEPS)]
    times: list[list[float]] = [[] for _ in steps]
    for at, status, ttft_ms, tokens in rows:
        number = min(STEPS - 1, max(0, int((at - since) / length)))
        step = steps[number]
        step.refused += status == "refused"
        step.failed += status in ("error", "interrupted")
        step.done += status in ("done", "cancelled")
        step.completion_tokens += tokens
        if ttft_ms is not None:
            times[number].append(ttft_ms)
    for step, found in zip(steps, times, strict=True):
        if found:
            cuts = quantiles(found, n=20, method="inclusive") if len(found) > 1 else found * 19
            step.ttft_p50, step.ttft_p95 = cuts[9], cuts[18]
    return History(seconds=length / timedelta(seconds=1), steps=steps)
