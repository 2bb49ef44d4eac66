"""What administrators see first: whether it is healthy, who waited and why, who uses most."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.auth.current import CurrentUser
from app.backups.rotation import ScheduledBackups
from app.config import Settings
from app.db import Database, new_id, now
from app.errors import Forbidden, Unavailable
from app.observability.condition import answers, condition, ground
from app.observability.surroundings import Surroundings
from app.observability.waits import explained
from app.request_log import repository
from app.request_log.models import RequestLog
from engine.base import Stage
from engine.errors import EngineConfigError
from engine.supervisor import Outage, Supervisor
from tests.app.request_rows import row
from tests.app.serving import Served

ADMIN = CurrentUser(new_id(), "a@example.com", "admin", "jwt", None)
AT = datetime(2026, 1, 1, tzinfo=UTC)
T = AT.timestamp()


def logged(**values: Any) -> RequestLog:
    return RequestLog(**(row(AT) | {"ttft_ms": 1000, "queue_ms": 0} | values))


@pytest.mark.parametrize(
    ("values", "outages", "cause", "milliseconds"),
    [
        ({"queue_ms": 800}, [], "queue", 800),
        ({"queue_ms": 100, "prompt_tokens": 5000}, [], "prompt", 900),
        # Most of it was in the cache: others kept the engine busy.
        ({"queue_ms": 100, "prompt_tokens": 5000, "cached_tokens": 4900}, [], "busy", 900),
        # Away already when this one came.
        ({"queue_ms": 900}, [(T - 5, T + 0.7)], "engine", 700),
        ({"queue_ms": 900}, [(T - 5, T + 0.2)], "queue", 700),
        # Lost while others were before it, and while its own prompt was read, which therefore began anew.
        ({"queue_ms": 900}, [(T + 0.1, T + 0.4)], "queue", 600),
        ({"queue_ms": 200, "prompt_tokens": 5000}, [(T + 0.3, T + 0.4)], "engine", 800),
        ({"queue_ms": 800}, [(T - 9, T - 5), (T + 5, T + 9)], "queue", 800),
    ],
)
def test_why_somebody_waited(values: dict[str, Any], outages: list[Outage], cause: str, milliseconds: int) -> None:
    wait = explained(logged(**values), outages)
    assert (wait.cause, wait.cause_ms, wait.ttft_ms) == (cause, milliseconds, 1000)


def test_what_the_last_minutes_tell() -> None:
    rows = [logged() for _ in range(20)]
    assert condition(list(answers(rows, [explained(one, ()) for one in rows]))).level == "ok"
    failed = [logged(status="error", error_code=code) for code in ("engine_lost", "engine_lost", "other")]
    slow = [logged(ttft_ms=9000, queue_ms=8000) for _ in range(3)]
    full = logged(status="refused", error_code="queue_full")
    rows += [*failed, *slow, full]
    found = condition(list(answers(rows, [explained(one, ()) for one in [*rows[:5], *slow]])))
    assert found.level == "critical"
    assert [(one.what, one.values) for one in found.findings] == [
        ("failing", {"failed": 3, "ended": 26, "error": "engine_lost"}),
        ("queue_full", {"refused": 1}),
        ("slow", {"slow": 3, "ended": 8, "cause": "queue"}),
    ]


async def test_what_it_stands_on(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(backup={"every_hours": 1})
    db = Database(settings)
    seen, backups = Surroundings(settings, db), ScheduledBackups(settings)
    assert list(ground(seen, backups)) == []
    backups.due, backups.failure = time.time() - 60, "No space left on device"
    seen.redis, seen.disk = False, 0.04
    found = condition(list(ground(seen, backups)))
    assert (found.level, [one.what for one in found.findings]) == (
        "warning",
        ["redis_away", "disk_full", "backup_failed"],
    )
    backups.due = time.time() - 2 * 3600
    seen.database = False
    found = condition(list(ground(seen, backups)))
    assert [one.what for one in found.findings][:2] == ["database_away", "backup_overdue"]
    assert found.findings[1].values == {"hours": 2, "reason": "No space left on device"}
    await db.close()


async def test_at_one_glance(served: Served) -> None:
    glances = served.services.glances
    kim, lee = new_id(), new_id()
    rows = [
        row(now() - timedelta(minutes=20), user_id=kim, ttft_ms=7000, queue_ms=6000, prompt_tokens=90),
        row(now() - timedelta(minutes=15), user_id=kim, ttft_ms=6000, queue_ms=0),
        row(now() - timedelta(minutes=10), user_id=lee, ttft_ms=100, queue_ms=0, prompt_tokens=10),
        # Titles wait as long as there is somebody else; and what was long ago is over.
        row(now() - timedelta(minutes=5), user_id=kim, ttft_ms=9000, route="title"),
        row(now() - timedelta(hours=2), user_id=kim, ttft_ms=9000, prompt_tokens=1000),
    ]
    async with served.services.db.transaction() as session:
        await repository.add(session, rows)
    found = await glances.glance(ADMIN)
    assert (found.condition.level, found.ttft_p95, found.next_backup) == ("ok", None, None)
    assert [(one.user_id, one.cause, one.ttft_ms) for one in found.slowest] == [
        (kim, "queue", 7000),
        (lee, "busy", 100),
    ]
    assert [(one.user_id, one.requests, one.tokens, one.share) for one in found.greatest] == [
        (kim, 3, 90, 0.9),
        (lee, 1, 10, 0.1),
    ]
    with pytest.raises(Forbidden):
        await glances.glance(replace(ADMIN, role="member"))


async def test_what_happens_now(served: Served, client: httpx.AsyncClient) -> None:
    glances, engine = served.services.glances, served.services.engine
    me = UUID((await client.get("/api/users/me")).json()["id"])
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "hello"}) as running:
        lines = running.aiter_lines()
        await anext(lines)
        [use] = (await glances.glance(ADMIN)).greatest
        assert (use.user_id, use.running + use.waiting, use.tokens) == (me, 1, 0)
        served.engine.gate.set()
        assert [line async for line in lines]
    assert (await glances.glance(ADMIN)).ttft_p95 is not None
    await client.post("/api/admin/engine/pause")
    [finding] = (await glances.glance(ADMIN)).condition.findings
    assert (finding.what, finding.level, finding.values["queue"]) == ("queue_closed", "warning", "paused")
    await client.post("/api/admin/engine/resume")
    served.engine.may_start.clear()
    served.engine.dead = True
    engine.suspect()
    await reaches(engine, Stage.LOADING)
    [finding] = (await glances.glance(ADMIN)).condition.findings
    assert (finding.what, finding.level) == ("engine_away", "warning")
    served.engine.may_start.set()
    await engine.wait_ready()
    assert [begin < end for begin, end in engine.outages] == [True, True]
    served.engine.start = refuse  # type: ignore[method-assign]
    served.engine.dead = True
    engine.suspect()
    await reaches(engine, Stage.FAILED)
    [finding] = (await glances.glance(ADMIN)).condition.findings
    assert (finding.what, finding.level, finding.values["detail"]) == ("engine_away", "critical", "no such file")


async def refuse(report: Any) -> None:
    raise EngineConfigError("no such file")


async def reaches(engine: Supervisor, stage: Stage) -> None:
    async with asyncio.timeout(20):
        async for status in engine.watch():
            if status.stage is stage:
                return


async def test_a_storage_that_is_away(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("Storage is away.")

    monkeypatch.setattr(served.services.request_log, "newest", away)
    found = await served.services.glances.glance(ADMIN)
    assert [one.what for one in found.condition.findings] == ["database_away"]
    assert (len(found.slowest), len(found.greatest)) == (0, 0)
