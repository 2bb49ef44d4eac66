"""The receipt of an answer: what it cost and how long each part took."""

from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from engine.base import Usage

OUTPUT_WEIGHT = 2


def percentile(values: list[float], share: float) -> float:
    """Nearest-rank percentile; 0 for no values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(slots=True)
class Stopwatch:
    """Times of one generation, in seconds of the monotonic clock. What the engine was away does not count as a gap."""

    accepted: float = field(default_factory=monotonic)
    started: float | None = None
    first: float | None = None
    last: float | None = None
    gaps: list[float] = field(default_factory=list)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    preemptions: int = 0
    thinking: float | None = None
    answering: float | None = None

    def step(self, tokens: int) -> None:
        """The engine brought `tokens` new tokens now."""
        moment = monotonic()
        if self.first is None:
            self.first = moment
        elif self.last is not None and tokens:
            self.gaps += [(moment - self.last) / tokens] * tokens
        self.last = moment
        self.completion_tokens += tokens

    def hears(self, *, reasoning: bool, answer: bool) -> None:
        """The step just counted brought these."""
        if reasoning and self.thinking is None:
            self.thinking = self.last
        if answer and self.answering is None:
            self.answering = self.last

    def recount(self, usage: Usage) -> None:
        """The engine tells its own count, of a whole answer."""
        self.prompt_tokens, self.completion_tokens = usage.prompt_tokens, usage.completion_tokens
        self.cached_tokens = usage.cached_tokens

    def pause(self) -> None:
        """The engine was lost."""
        self.last = None

    def restore(self, age: float, queue_ms: int | None, prefill_ms: int | None) -> None:
        """The times of an earlier process: accepted `age` seconds ago, and what it had measured."""
        self.accepted = monotonic() - age
        if queue_ms is not None:
            self.started = self.accepted + queue_ms / 1000
            if prefill_ms is not None:
                self.first = self.started + prefill_ms / 1000

    @property
    def queue_ms(self) -> int:
        """From acceptance to submission to the engine."""
        return round(1000 * ((self.started or monotonic()) - self.accepted))

    @property
    def prefill_ms(self) -> int:
        """From submission to the first token."""
        return round(1000 * (self.first - self.started)) if self.first and self.started else 0

    @property
    def inside(self) -> float | None:
        """Seconds since submission to the engine; None before."""
        return monotonic() - self.started if self.started else None

    @property
    def work(self) -> int:
        """What the engine has done, in tokens. Output is worth more than input: a prompt is read at once, an answer is
        written step by step."""
        return self.prompt_tokens - self.cached_tokens + OUTPUT_WEIGHT * self.completion_tokens

    def usage(self) -> dict[str, int]:
        """Tokens by the engine's own counts."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cached_tokens": self.cached_tokens,
        }

    def timing(self) -> dict[str, float | int | None]:
        """Milliseconds, and tokens per second after the first step. `reasoning_ms`, where the model has thought first:
        until it began to answer."""
        thought: dict[str, float | int | None] = {}
        if self.thinking is not None:
            thought["reasoning_ms"] = round(1000 * ((self.answering or self.last or monotonic()) - self.thinking))
        return thought | {
            "queue_ms": self.queue_ms,
            "ttft_ms": round(1000 * (self.first - self.accepted)) if self.first else None,
            "itl_p50_ms": round(1000 * percentile(self.gaps, 0.50), 2),
            "itl_p95_ms": round(1000 * percentile(self.gaps, 0.95), 2),
            "total_ms": round(1000 * (monotonic() - self.accepted)),
            "tokens_per_second": round(self._rate(), 1),
        }

    def _rate(self) -> float:
        if total := sum(self.gaps):
            return len(self.gaps) / total
        if not (self.started and self.last):
            return 0.0
        # Everything came in one step: the time in the engine is all there is to divide by.
        return self.completion_tokens / max(self.last - self.started, 1e-3)

    def receipt(self, finish_reason: str | None) -> dict[str, Any]:
        """What the message keeps."""
        return {
            "finish_reason": finish_reason,
            "usage": self.usage(),
            "timing": self.timing(),
            "preemptions": self.preemptions,
        }
