"""The supervisor over the scripted engine: waits of a crash loop, estimates, and that stopping never waits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.backoff import Backoff
from engine.base import EngineStatus, Report, Stage
from engine.errors import EngineConfigError, EngineUnavailable
from engine.supervisor import Supervisor
from tests.scripted_engine import ScriptedEngine


class Clock:
    """Time that passes only where somebody sleeps; every sleep waits until the test lets it end."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.asleep = asyncio.Event()
        self.wake = asyncio.Event()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.asleep.set()
        await self.wake.wait()
        self.asleep.clear()
        self.wake.clear()
        self.now += seconds


class Engine(ScriptedEngine):
    """Starts take two seconds; `refusals` are raised by the next starts."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.refusals: list[Exception] = []
        self.stops = 0

    async def start(self, report: Report) -> None:
        await self.may_start.wait()
        self.clock.now += 2
        if self.refusals:
            raise self.refusals.pop()
        await super().start(report)

    async def stop(self) -> None:
        self.stops += 1
        await super().stop()


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def supervisor(clock: Clock) -> AsyncIterator[Supervisor]:
    one = Supervisor(Engine(clock), clock, clock.sleep)
    yield one
    await asyncio.wait_for(one.stop(), 5)
    assert one.status.stage is Stage.STOPPED


def engine_of(supervisor: Supervisor) -> Engine:
    assert isinstance(supervisor.engine, Engine)
    return supervisor.engine


async def until(supervisor: Supervisor, stage: Stage) -> EngineStatus:
    async with asyncio.timeout(5):
        async for status in supervisor.watch():
            if status.stage is stage:
                return status
    raise AssertionError("the statuses ended")


async def crash(supervisor: Supervisor) -> EngineStatus:
    await until(supervisor, Stage.READY)
    engine = engine_of(supervisor)
    # Held back: a start that takes no time would overwrite the status before anybody sees it.
    engine.may_start.clear()
    engine.dead = True
    supervisor.suspect()
    status = await until(supervisor, Stage.RESTARTING)
    engine.may_start.set()
    return status


async def test_two_losses_restart_at_once_the_third_waits(supervisor: Supervisor, clock: Clock) -> None:
    supervisor.start()
    for _ in range(2):
        status = await crash(supervisor)
        assert (status.detail, status.retry_seconds) == ("the engine process has ended", None)
    for count, seconds in ((3, 2), (4, 4), (5, 8)):
        status = await crash(supervisor)
        assert status.retry_seconds == seconds
        assert status.detail == (
            f"crashed {count} times in 5 minutes, next try in {seconds} s: the engine process has ended"
        )
        await asyncio.wait_for(clock.asleep.wait(), 5)
        clock.wake.set()
    await until(supervisor, Stage.READY)
    assert clock.slept == [2, 4, 8]
    assert (supervisor.restarts, supervisor.losses) == (5, 5)


async def test_a_failed_start_is_tried_again_and_cleared_away(supervisor: Supervisor, clock: Clock) -> None:
    engine_of(supervisor).refusals = [EngineUnavailable("no memory"), EngineUnavailable("no memory")]
    supervisor.start()
    for seconds in (1, 2):
        await asyncio.wait_for(clock.asleep.wait(), 5)
        assert supervisor.status == EngineStatus(
            Stage.RESTARTING, f"could not start, next try in {seconds} s: no memory", retry_seconds=seconds
        )
        clock.asleep.clear()
        clock.wake.set()
    await supervisor.wait_ready()
    assert engine_of(supervisor).stops == 2
    assert supervisor.restarts == 0


async def test_the_estimate_is_the_last_start_without_the_wait(supervisor: Supervisor, clock: Clock) -> None:
    before = supervisor.restart_eta_ms
    assert before is None
    engine_of(supervisor).refusals = [EngineUnavailable("no memory")]
    supervisor.start()
    await asyncio.wait_for(clock.asleep.wait(), 5)
    clock.wake.set()
    await supervisor.wait_ready()
    assert supervisor.restart_eta_ms == 4000
    await crash(supervisor)
    await until(supervisor, Stage.READY)
    assert supervisor.restart_eta_ms == 2000


async def test_stopping_does_not_wait_for_the_next_try(supervisor: Supervisor, clock: Clock) -> None:
    engine_of(supervisor).refusals = [EngineUnavailable("no memory")]
    supervisor.start()
    await asyncio.wait_for(clock.asleep.wait(), 5)
    assert supervisor.status.stage is Stage.RESTARTING
    await asyncio.wait_for(supervisor.stop(), 5)
    assert clock.now == 2


async def test_settings_that_cannot_work_are_not_tried_again(supervisor: Supervisor) -> None:
    engine_of(supervisor).refusals = [EngineConfigError("no such model")]
    supervisor.start()
    with pytest.raises(EngineUnavailable, match="no such model"):
        await asyncio.wait_for(supervisor.wait_ready(), 5)
    assert supervisor.status.stage is Stage.FAILED


def test_the_wait_grows_to_a_minute_and_is_forgotten() -> None:
    backoff = Backoff()
    waits, now = [], 0.0
    for _ in range(9):
        waits.append(wait := backoff.after_loss(now))
        now += wait + 5
    assert waits == [0, 0, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.after_loss(now + 301) == 0
