"""What a row of the benchmark is: passes that give figures, and the lines that show them."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Figures = Mapping[str, float]

DEMO = {"CHAT_ENGINE__MODEL": "demo"}


@dataclass(frozen=True)
class Line:
    """One figure. A target is a bound on the median of the passes."""

    key: str
    label: str
    unit: str = ""
    digits: int = 0
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        """In words, empty without one."""
        if self.at_most is not None:
            return f"≤ {self._written(self.at_most)}"
        return "" if self.at_least is None else f"≥ {self._written(self.at_least)}"

    def cells(self, passes: Sequence[Figures]) -> list[str]:
        """Label, median, range, target, verdict."""
        values = [figures[self.key] for figures in passes if self.key in figures]
        if not values:
            return [self.label, "not measured", "", self.target, ""]
        middle = median(values)
        spread = f"{self._written(min(values))} … {self._written(max(values))}"
        return [self.label, self._written(middle), spread, self.target, self._verdict(middle)]

    def _verdict(self, value: float) -> str:
        if self.at_most is None and self.at_least is None:
            return ""
        met = value <= self.at_most if self.at_most is not None else value >= (self.at_least or 0)
        return "met" if met else "**missed**"

    def _written(self, value: float) -> str:
        digits = 2 if not self.unit else self.digits
        return f"{value:.{digits}f}{' ' if self.unit else ''}{self.unit}"


@dataclass(frozen=True)
class Row:
    """`run(passes)` gives the figures of each pass; servers it needs it starts and stops itself.

    `details` writes those that no line shows, as Markdown behind the table.
    """

    name: str
    lines: Sequence[Line]
    run: Callable[[int], Coroutine[Any, Any, list[Figures]]]
    details: Callable[[Sequence[Figures]], str] | None = None
    gpu: bool = False  # needs one

    def table(self, passes: Sequence[Figures]) -> str:
        """Markdown."""
        rows = [["", f"median of {len(passes)}", "range", "target", ""]]
        rows += [line.cells(passes) for line in self.lines]
        written = ["| " + " | ".join(cells) + " |" for cells in rows]
        table = "\n".join([written[0], "|---|---|---|---|---|", *written[1:]])
        return f"{table}\n\n{self.details(passes)}" if self.details else table
