"""The verdict: figures from Locust's own statistics, as a table, and what is wrong with them."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadtest.scenarios import NAMES, OPERATIONS

MAX_TTFT_P95_SECONDS = 2.0
MIN_SUCCESS = 0.995
# Who asks for everything at once waits; the others must not.
NOT_JUDGED = ("greedy",)


@dataclass(frozen=True)
class Thresholds:
    """What a run must hold."""

    ttft_p95_seconds: float = MAX_TTFT_P95_SECONDS
    availability_percent: float = 100 * MIN_SUCCESS


@dataclass(frozen=True)
class Row:
    """Events of one kind: {figure: count}, how many there were, how many failed."""

    figures: Mapping[str, int] = field(default_factory=dict)
    count: int = 0
    failures: int = 0

    def __add__(self, other: "Row") -> "Row":
        figures = Counter(self.figures) + Counter(other.figures)
        return Row(figures, self.count + other.count, self.failures + other.failures)


def percentile(histogram: Mapping[str, int], share: float) -> float:
    """The figure within which `share` of the entries of {figure: count} lie; NaN for none."""
    wanted, seen = share * sum(histogram.values()), 0
    for figure, count in sorted((float(key), count) for key, count in histogram.items()):
        seen += count
        if seen >= wanted:
            return figure
    return float("nan")


COLUMNS = (
    ("TTFT", (0.5, 0.95, 0.99)),
    ("ITL", (0.5, 0.95)),
    ("queue", (0.5, 0.95)),
    ("tokens/s", (0.5,)),
)


@dataclass(frozen=True)
class Report:
    """What a run measured: rows by scenario and name of the event, and by method and path of other requests."""

    rows: Mapping[tuple[str, str], Row]

    @classmethod
    def from_locust(cls, path: Path) -> "Report":
        """Read the file that `locust --json-file` wrote."""
        found: dict[tuple[str, str], Row] = {}
        lines: list[dict[str, Any]] = json.loads(path.read_text())
        for line in lines:
            found[line["method"], line["name"]] = Row(
                line["response_times"], line["num_requests"], line["num_failures"]
            )
        return cls(found)

    def row(self, name: str, *scenarios: str) -> Row:
        """The events of that name in these scenarios."""
        return sum((self.rows.get((scenario, name), Row()) for scenario in scenarios), Row())

    @property
    def scenarios(self) -> list[str]:
        """Those that took part."""
        return [name for name in NAMES if any(scenario == name for scenario, _ in self.rows)]

    @property
    def judged(self) -> list[str]:
        """Those whose TTFT counts."""
        return [name for name in self.scenarios if name not in NOT_JUDGED]

    @property
    def others(self) -> Row:
        """All requests that are no scenario's events."""
        return sum((row for (kind, _), row in self.rows.items() if kind not in NAMES), Row())

    @property
    def operations(self) -> Row:
        """All that somebody waited for."""
        return sum((self.row(name, *self.scenarios) for name in OPERATIONS), Row())

    def table(self) -> str:
        """A line per scenario; times in milliseconds."""
        heads = [f"{name} p{100 * share:.0f}" for name, shares in COLUMNS for share in shares]
        lines = [f"{'milliseconds':<13}{'done':>7}{'failed':>7}" + "".join(f"{head:>13}" for head in heads)]
        for label, scenarios in [*((one, [one]) for one in self.scenarios), ("all", self.scenarios)]:
            done = sum((self.row(name, *scenarios) for name in OPERATIONS), Row())
            line = f"{label:<13}{done.count:>7}{done.failures:>7}"
            for name, shares in COLUMNS:
                found = self.row(name, *scenarios).figures
                line += "".join(f"{percentile(found, share):>13.0f}" if found else f"{'-':>13}" for share in shares)
            lines.append(line)
        extra = [(key, row) for key, row in self.rows.items() if key[1] in ("open", "sign-in", "stopped", "refused")]
        for (scenario, name), row in extra:
            p50, p95 = (percentile(row.figures, share) for share in (0.5, 0.95))
            lines.append(f"{scenario}: {row.count} x {name}, p50 {p50:.0f} ms, p95 {p95:.0f} ms")
        return "\n".join(lines)

    def verdict(self, limits: Thresholds) -> tuple[bool, list[str]]:
        """Whether the thresholds hold, and a line for each."""
        if not self.operations.count:
            return False, ["FAILED: nothing was done"]
        checks: list[tuple[bool, str]] = []
        first, answers = self.row("TTFT", *self.judged), self.row("answer", *self.judged)
        if first.figures:
            p95 = percentile(first.figures, 0.95) / 1000
            checks.append(
                (p95 <= limits.ttft_p95_seconds, f"TTFT p95 {p95:.2f} s (at most {limits.ttft_p95_seconds:g} s)")
            )
        elif answers.count:
            checks.append((False, "nothing was answered"))
        for what, row in (("availability", self.operations), ("other requests", self.others)):
            if row.count:
                held = 100 * (1 - row.failures / row.count)
                told = f"{what} {held:.2f} % of {row.count} (at least {limits.availability_percent:g} %)"
                checks.append((held >= limits.availability_percent, told))
        return all(good for good, _ in checks), [f"{'ok' if good else 'FAILED'}: {words}" for good, words in checks]
