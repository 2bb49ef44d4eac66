"""Whether the service is healthy, and if not, what is wrong: the worst first."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import quantiles
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from app.backups.rotation import ScheduledBackups
from app.generations.backends import Backend
from app.generations.engine_control import Queue
from app.observability.surroundings import Surroundings
from app.observability.waits import Wait, usual_cause
from app.request_log.models import RequestLog
from engine.base import Stage

# As the alerts of Prometheus have them (docker/prometheus/rules/alerts.yml).
AWAY_SECONDS = 180.0
SLOW_MS = 2000
FAILED_SHARE, FAILED_LEAST = 0.05, 3
MANY_WAITING = 8
DISK_LEAST = 0.10
BACKUP_SECONDS = 3600.0

Level = Literal["ok", "warning", "critical"]
What = Literal[
    "database_away",
    "engine_away",
    "model_away",
    "backup_overdue",
    "failing",
    "queue_full",
    "slow",
    "queue_closed",
    "queue_long",
    "redis_away",
    "disk_full",
    "backup_failed",
]


class Finding(BaseModel):
    """One thing that is not as it should be. `values` belong into its words; `user` is an id."""

    what: What
    level: Literal["warning", "critical"]
    values: dict[str, str | int | float] = {}


class Condition(BaseModel):
    """`ok` without findings."""

    level: Level
    findings: list[Finding]


def condition(findings: Sequence[Finding]) -> Condition:
    """The worst first."""
    ordered = sorted(findings, key=lambda finding: finding.level != "critical")
    return Condition(level=ordered[0].level if ordered else "ok", findings=ordered)


def engines(backends: Sequence[tuple[Backend, Queue]]) -> Iterator[Finding]:
    """The first is the one that answers who chooses none; one that an administrator restarts is not away."""
    for number, (backend, queue) in enumerate(backends):
        status, name = backend.supervisor.status, backend.name or "–"
        if queue != "open":
            yield Finding(what="queue_closed", level="warning", values={"model": name, "queue": queue})
        if status.stage is not Stage.READY and queue != "restarting":
            since, until = backend.supervisor.outages[-1]
            gone = status.stage in (Stage.FAILED, Stage.STOPPED) or until - since > AWAY_SECONDS
            yield Finding(
                what="model_away" if number else "engine_away",
                level="critical" if gone and not number else "warning",
                values={"model": name, "stage": status.stage.value, "detail": status.detail},
            )
    waiting = Counter[UUID]()
    for backend, _ in backends:
        waiting.update({user: count for user, (_, count) in backend.admission.users().items()})
    if waiting.total() >= MANY_WAITING:
        [(user, most)] = waiting.most_common(1)
        values: dict[str, str | int | float] = {"waiting": waiting.total(), "user": str(user), "most": most}
        yield Finding(what="queue_long", level="warning", values=values)


def answers(rows: Sequence[RequestLog], waits: Sequence[Wait]) -> Iterator[Finding]:
    """Of the last minutes."""
    failed = [row for row in rows if row.status in ("error", "interrupted")]
    ended = sum(row.status != "refused" for row in rows)
    if len(failed) >= FAILED_LEAST and len(failed) > FAILED_SHARE * ended:
        [(code, _)] = Counter(row.error_code or "internal_error" for row in failed).most_common(1)
        values: dict[str, str | int | float] = {"failed": len(failed), "ended": ended, "error": code}
        yield Finding(what="failing", level="critical", values=values)
    refused = sum(row.error_code == "queue_full" for row in rows)
    if refused:
        yield Finding(what="queue_full", level="warning", values={"refused": refused})
    slow = [wait for wait in waits if wait.ttft_ms > SLOW_MS]
    if slow and p95([wait.ttft_ms for wait in waits]) > SLOW_MS:
        about: dict[str, str | int | float] = {"slow": len(slow), "ended": len(waits), "cause": usual_cause(slow)}
        yield Finding(what="slow", level="warning", values=about)


def p95(values: Sequence[float]) -> float:
    """Of one value or more."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def ground(seen: Surroundings, backups: ScheduledBackups) -> Iterator[Finding]:
    """What the service stands on."""
    if not seen.database:
        yield Finding(what="database_away", level="critical")
    if not seen.redis:
        yield Finding(what="redis_away", level="warning")
    if seen.disk < DISK_LEAST:
        yield Finding(what="disk_full", level="warning", values={"percent": round(100 * seen.disk)})
    overdue = time.time() - backups.due if backups.due is not None else 0.0
    if overdue > BACKUP_SECONDS:
        values: dict[str, str | int | float] = {"hours": round(overdue / 3600), "reason": backups.failure or "–"}
        yield Finding(what="backup_overdue", level="critical", values=values)
    elif backups.failure is not None:
        yield Finding(what="backup_failed", level="warning", values={"reason": backups.failure})
