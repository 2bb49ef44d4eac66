"""The verdict: percentiles from Locust's own statistics, as a table, and what is wrong with them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_TTFT_P95_MS = 2000.0
MIN_SUCCESS = 0.995


def percentile(histogram: Mapping[str, int], share: float) -> float:
    """The time (ms) within which `share` of the entries of {milliseconds: count} lie; NaN for none."""
    wanted, seen = share * sum(histogram.values()), 0
    for milliseconds, count in sorted((float(key), count) for key, count in histogram.items()):
        seen += count
        if seen >= wanted:
            return milliseconds
    return float("nan")


@dataclass(frozen=True)
class Report:
    """What a run measured."""

    ttft: Mapping[str, int]
    itl: Mapping[str, int]
    total: Mapping[str, int]
    answers: int
    failures: int
    other_failures: int

    @classmethod
    def from_locust(cls, path: Path) -> "Report":
        """Read the file that `locust --json-file` wrote."""
        rows: list[dict[str, Any]] = json.loads(path.read_text())
        events = {row["name"]: row for row in rows if row["method"] == "SSE"}
        empty: dict[str, Any] = {"response_times": {}, "num_requests": 0, "num_failures": 0}
        total = events.get("total", empty)
        return cls(
            ttft=events.get("TTFT", empty)["response_times"],
            itl=events.get("ITL", empty)["response_times"],
            total=total["response_times"],
            answers=total["num_requests"],
            failures=total["num_failures"],
            other_failures=sum(row["num_failures"] for row in rows if row["method"] != "SSE"),
        )

    @property
    def success(self) -> float:
        """Share of questions that were answered to the end."""
        return 1 - self.failures / self.answers if self.answers else 0.0

    def table(self) -> str:
        """A line per figure."""
        lines = [f"{'milliseconds':<24}{'p50':>9}{'p95':>9}{'p99':>9}"]
        for name, histogram in (
            ("first text (TTFT)", self.ttft),
            ("between texts (ITL)", self.itl),
            ("whole", self.total),
        ):
            figures = (f"{percentile(histogram, share):>9.0f}" for share in (0.5, 0.95, 0.99))
            lines.append(f"{name:<24}{''.join(figures)}")
        lines.append(f"{self.answers} questions, {self.success:.2%} answered, {self.other_failures} other failures")
        return "\n".join(lines)

    def faults(self) -> list[str]:
        """Why the run failed; empty when it passed."""
        if not self.ttft:
            return ["nothing was answered"]
        found = []
        p95 = percentile(self.ttft, 0.95)
        if p95 > MAX_TTFT_P95_MS:
            found.append(f"p95 of the first text is {p95:.0f} ms, more than {MAX_TTFT_P95_MS:.0f}")
        if self.success < MIN_SUCCESS:
            found.append(f"{self.success:.2%} answered, less than {MIN_SUCCESS:.1%}")
        if self.other_failures:
            found.append(f"{self.other_failures} requests beside the answers failed")
        return found
