"""Why somebody waited for the first token: the engine was away, others were before them, or their prompt was long."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from engine.supervisor import Outage

Cause = Literal["engine", "queue", "prompt", "busy"]
# A prompt of so many tokens that are in no cache takes the engine's time by itself.
LONG_TOKENS = 1024


class Row(Protocol):
    """A row of the request log."""

    at: datetime
    user_id: UUID | None
    model: str | None
    prompt_tokens: int
    cached_tokens: int
    queue_ms: int | None
    ttft_ms: int | None


class Wait(BaseModel):
    """`ttft_ms` of one answer and the greatest part of it. `engine`: none could serve, or it was lost while it read.
    `queue`: others were before it. `prompt`: it had many `tokens` to read that were in no cache. `busy`: it had few,
    but the engine worked for others, too."""

    at: AwareDatetime
    user_id: UUID | None
    model: str | None
    ttft_ms: int
    cause: Cause
    cause_ms: int
    tokens: int


def explained(row: Row, outages: Sequence[Outage]) -> Wait:
    """`outages` are those of its model. A row without a first token waited for nothing."""
    ttft, queue = row.ttft_ms or 0, row.queue_ms or 0
    accepted = row.at.timestamp()
    submitted, first = accepted + queue / 1000, accepted + ttft / 1000
    away = _overlap(accepted, submitted, outages)
    reading, tokens = ttft - queue, row.prompt_tokens - row.cached_tokens
    if any(submitted < since < first for since, _ in outages):
        # Lost with the prompt half read: it began anew.
        parts: list[tuple[int, Cause]] = [(away + reading, "engine"), (queue - away, "queue")]
    else:
        cause: Cause = "prompt" if tokens >= LONG_TOKENS else "busy"
        parts = [(away, "engine"), (queue - away, "queue"), (reading, cause)]
    longest, cause = max(parts, key=lambda part: part[0])
    return Wait(
        at=row.at,
        user_id=row.user_id,
        model=row.model,
        ttft_ms=ttft,
        cause=cause,
        cause_ms=longest,
        tokens=tokens,
    )


def _overlap(begin: float, end: float, outages: Sequence[Outage]) -> int:
    return round(1000 * sum(max(0.0, min(end, until) - max(begin, since)) for since, until in outages))


def usual_cause(waits: Sequence[Wait]) -> Cause:
    """The one that took most of their time together."""
    sums: dict[Cause, int] = {}
    for wait in waits:
        sums[wait.cause] = sums.get(wait.cause, 0) + wait.cause_ms
    return max(sums, key=lambda cause: sums[cause])
