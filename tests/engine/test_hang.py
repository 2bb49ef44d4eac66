"""Real EngineCore processes, stopped and killed: noticed in time, streams ended, and served again."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import psutil
import pytest
import pytest_asyncio

from engine import watchdog
from engine.base import ChatMessage, EngineStatus, Report, Sampling, Stage
from engine.config import EngineConfig
from engine.errors import EngineUnavailable
from engine.supervisor import Supervisor
from engine.vllm_engine import VllmEngine

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="module")]
HANG = 2.0
ENDLESS = Sampling(max_tokens=100_000, ignore_eos=True)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def supervisor() -> AsyncIterator[Supervisor]:
    # These tests lose engines like a crash loop does; they need not wait like one.
    one = Supervisor(VllmEngine(EngineConfig(model="demo"), HANG), sleep=lambda seconds: asyncio.sleep(0))
    one.start()
    await asyncio.wait_for(one.wait_ready(), 120)
    yield one
    await asyncio.wait_for(one.stop(), 30)


def core() -> int:
    cores = [child.pid for child in multiprocessing.active_children() if child.name.startswith("EngineCore")]
    assert len(cores) == 1
    assert cores[0] is not None
    return cores[0]


async def stream(supervisor: Supervisor, sampling: Sampling, begun: asyncio.Event | None = None) -> int:
    prompt = await supervisor.engine.render([ChatMessage("user", "이 서비스는 무엇인가요?")])
    tokens = 0
    async for delta in supervisor.engine.stream("id", prompt, sampling):
        tokens += len(delta.token_ids)
        if begun is not None:
            begun.set()
    return tokens


async def until_not(supervisor: Supervisor, stage: Stage) -> tuple[float, EngineStatus]:
    """The next other status, and the seconds until then."""
    began = time.monotonic()
    async with asyncio.timeout(60):
        async for status in supervisor.watch():
            if status.stage is not stage:
                return time.monotonic() - began, status
    raise AssertionError("the statuses ended")


async def assert_serves_again(supervisor: Supervisor, dead: int) -> None:
    await asyncio.wait_for(supervisor.wait_ready(), 60)
    assert not psutil.pid_exists(dead) or psutil.Process(dead).status() == psutil.STATUS_ZOMBIE
    assert core() != dead
    assert await stream(supervisor, Sampling(max_tokens=4, ignore_eos=True)) == 4
    assert supervisor.restart_eta_ms is not None
    assert supervisor.restart_eta_ms > 0


@pytest.mark.parametrize(("number", "seconds"), [(signal.SIGSTOP, HANG + 5), (signal.SIGKILL, 5)])
async def test_a_lost_engine_during_a_stream(supervisor: Supervisor, number: signal.Signals, seconds: float) -> None:
    restarts = supervisor.restarts
    dead = await lose_during_a_stream(supervisor, number, seconds)
    await assert_serves_again(supervisor, dead)
    assert supervisor.restarts == restarts + 1


async def lose_during_a_stream(supervisor: Supervisor, number: signal.Signals, seconds: float) -> int:
    begun = asyncio.Event()
    running = asyncio.create_task(stream(supervisor, ENDLESS, begun))
    await asyncio.wait_for(begun.wait(), 20)
    dead = core()
    os.kill(dead, number)
    began = time.monotonic()
    with pytest.raises(EngineUnavailable):
        await asyncio.wait_for(running, seconds)
    print(f"{number.name}: the stream ended after {time.monotonic() - began:.1f} s")
    await until_not(supervisor, Stage.READY)
    return dead


async def test_a_stopped_engine_when_idle(supervisor: Supervisor) -> None:
    dead = core()
    os.kill(dead, signal.SIGSTOP)
    seconds, status = await until_not(supervisor, Stage.READY)
    print(f"idle: noticed after {seconds:.1f} s")
    assert HANG <= seconds < HANG + 3
    assert status.stage is Stage.RESTARTING
    assert status.detail.endswith("the engine process hangs: stopped for 2 s")
    seconds, _ = await until_not(supervisor, Stage.RESTARTING)
    assert seconds < 3, "vLLM's own shutdown waits five seconds for a process that does not obey"
    await assert_serves_again(supervisor, dead)


@pytest.fixture
def no_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadlock: like a stopped process, but the system calls it sleeping."""
    read = watchdog.EngineProcesses.read

    def read_all_running(processes: watchdog.EngineProcesses) -> dict[int, watchdog.Reading]:
        return {pid: replace(reading, stopped=False) for pid, reading in read(processes).items()}

    monkeypatch.setattr(watchdog.EngineProcesses, "read", read_all_running)


@pytest.mark.usefixtures("no_states")
async def test_a_deadlock_during_a_stream(supervisor: Supervisor) -> None:
    dead = await lose_during_a_stream(supervisor, signal.SIGSTOP, HANG + 5)
    assert "no step for" in supervisor.status.detail
    await assert_serves_again(supervisor, dead)


@pytest.mark.usefixtures("no_states")
async def test_a_deadlock_when_idle_is_found_by_the_canary(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "CANARY_SECONDS", 1.0)
    dead = core()
    os.kill(dead, signal.SIGSTOP)
    seconds, status = await until_not(supervisor, Stage.READY)
    print(f"canary: noticed after {seconds:.1f} s")
    assert "no step for" in status.detail
    await assert_serves_again(supervisor, dead)


async def test_an_engine_that_hangs_while_it_warms_up(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    start = supervisor.engine.start
    hung: list[int] = []

    async def start_and_hang_once(report: Report) -> None:
        def stop_when_warming(status: EngineStatus) -> None:
            report(status)
            if status.stage is Stage.WARMING and not hung:
                hung.append(core())
                os.kill(hung[0], signal.SIGSTOP)

        await start(stop_when_warming)

    monkeypatch.setattr(supervisor.engine, "start", start_and_hang_once)
    failed = asyncio.create_task(until_detail(supervisor, "could not start"))
    os.kill(core(), signal.SIGKILL)
    supervisor.suspect()
    assert "hangs: stopped for" in await failed
    await assert_serves_again(supervisor, hung[0])


async def until_detail(supervisor: Supervisor, words: str) -> str:
    async with asyncio.timeout(60):
        async for status in supervisor.watch():
            if words in status.detail:
                return status.detail
    raise AssertionError("the statuses ended")


async def test_the_canary_keeps_an_idle_engine_and_is_no_burden(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, restarts = core(), supervisor.restarts
    monkeypatch.setattr(watchdog, "CANARY_SECONDS", 0.5)
    generate, asked = supervisor.engine.stream, asyncio.Event()

    def stream_and_tell(request_id, *args):  # type: ignore[no-untyped-def]
        if request_id == "canary":
            asked.set()
        return generate(request_id, *args)

    monkeypatch.setattr(supervisor.engine, "stream", stream_and_tell)
    await asyncio.wait_for(asked.wait(), 10)
    asked.clear()
    await asyncio.wait_for(asked.wait(), 10)
    assert (supervisor.ready, supervisor.restarts, core()) == (True, restarts, dead)
