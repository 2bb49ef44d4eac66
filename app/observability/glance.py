"""At one glance, for administrators: is it healthy, who is slow and why, who uses most."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from app.auth.access import require
from app.auth.current import CurrentUser
from app.backups.rotation import ScheduledBackups
from app.db import now
from app.errors import Unavailable
from app.generations.backends import Backends
from app.generations.engine_control import EngineControl
from app.observability.condition import Condition, Finding, answers, condition, engines, ground, p95
from app.observability.surroundings import Surroundings
from app.observability.waits import Row, Wait, explained
from app.request_log.repository import Filter
from app.request_log.service import RequestLogService

# How the last minutes went is what one calls healthy; who is slow and who uses most takes longer to tell.
LATELY, SPAN = timedelta(minutes=5), timedelta(hours=1)
LATEST, SLOWEST, GREATEST = 1000, 6, 6


class Use(BaseModel):
    """What one user does now, and did in the last hour; `share` of all tokens of that hour is 0 to 1."""

    user_id: UUID | None
    running: int
    waiting: int
    requests: int
    tokens: int
    share: float


class Glance(BaseModel):
    """`slowest` by the wait for the first token, one of each user, and `greatest` by tokens, both of the last hour;
    `ttft_p95` of the last five minutes, in milliseconds. Times of backups are null where none is scheduled, or none was
    made yet."""

    condition: Condition
    ttft_p95: float | None
    slowest: list[Wait]
    greatest: list[Use]
    last_backup: AwareDatetime | None
    next_backup: AwareDatetime | None


class Glances:
    """Of this process and of the request log of all."""

    def __init__(
        self,
        backends: Backends,
        control: EngineControl,
        requests: RequestLogService,
        surroundings: Surroundings,
        backups: ScheduledBackups,
    ) -> None:
        self._backends, self._control = backends, control
        self._requests, self._surroundings, self._backups = requests, surroundings, backups

    async def glance(self, user: CurrentUser) -> Glance:
        """Now. Raises Forbidden."""
        require(user, "admin")
        findings = list(ground(self._surroundings, self._backups))
        findings += engines([(backend, self._control.queue(backend)) for backend in self._backends.all()])
        until, slowest, greatest, recent = now(), [], [], []
        try:
            rows = await self._requests.newest(user, until - LATELY, LATEST)
            slowest = self._explained(await self._requests.slowest(user, until - SPAN, SLOWEST))
            greatest = await self._greatest(user, until - SPAN)
        except Unavailable:
            if self._surroundings.database:
                findings.append(Finding(what="database_away", level="critical"))
        else:
            recent = self._explained(row for row in rows if row.ttft_ms is not None)
            findings += answers(rows, recent)
        return Glance(
            condition=condition(findings),
            ttft_p95=p95([wait.ttft_ms for wait in recent]) if recent else None,
            slowest=slowest,
            greatest=greatest,
            last_backup=_moment(self._backups.last),
            next_backup=_moment(self._backups.due),
        )

    def _explained(self, rows: Iterable[Row]) -> list[Wait]:
        outages = {backend.name: backend.supervisor.outages for backend in self._backends.all()}
        return [explained(row, outages.get(row.model or "", ())) for row in rows]

    async def _greatest(self, user: CurrentUser, since: datetime) -> list[Use]:
        sums = (await self._requests.usage(user, "user", Filter(since=since))).items
        total = sum(item.prompt_tokens + item.completion_tokens for item in sums)
        running, waiting = Counter[UUID | None](), Counter[UUID | None]()
        for backend in self._backends.all():
            for id_, (inside, queued) in backend.admission.users().items():
                running[id_] += inside
                waiting[id_] += queued

        def use(id_: UUID | None, requests: int = 0, tokens: int = 0) -> Use:
            share = tokens / total if total else 0.0
            return Use(
                user_id=id_,
                running=running[id_],
                waiting=waiting[id_],
                requests=requests,
                tokens=tokens,
                share=share,
            )

        uses = [
            use(UUID(item.key) if item.key else None, item.requests, item.prompt_tokens + item.completion_tokens)
            for item in sums[:GREATEST]
        ]
        # Where there is room: who waits with much and has had nothing yet.
        shown = {one.user_id for one in uses}
        others = [use(id_) for id_, _ in (running + waiting).most_common() if id_ not in shown]
        return (uses + others)[:GREATEST]


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
