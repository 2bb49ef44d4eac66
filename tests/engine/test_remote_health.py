"""A remote engine that fails, and comes back."""

import asyncio

import pytest

from engine.base import Stage
from engine.errors import EngineBusy, EngineUnavailable
from engine.remote_connection import RETRIES
from engine.remote_engine import BREAK_AFTER, RemoteEngine
from engine.supervisor import Supervisor
from tests.engine.remote import engine, say
from tests.scripted_remote import ScriptedRemote, refused


async def test_failures_in_a_row_open_the_breaker_and_a_probe_closes_it(
    remote: ScriptedRemote, one: RemoteEngine
) -> None:
    remote.broken = refused(500)
    for number in range(BREAK_AFTER):
        await one.check_health()
        with pytest.raises(EngineUnavailable):
            await say(one)
        assert len(remote.bodies) == (number + 1) * (RETRIES + 1)
    with pytest.raises(EngineUnavailable, match="3 requests in a row failed"):
        await one.check_health()
    remote.broken = refused(429)
    with pytest.raises(EngineBusy):
        await one.start(lambda status: None)
    remote.broken = None
    await one.start(lambda status: None)
    await one.check_health()


async def test_a_model_that_is_no_longer_offered_is_lost(remote: ScriptedRemote, one: RemoteEngine) -> None:
    remote.models = [{"id": "other"}]
    with pytest.raises(EngineUnavailable, match="no longer offers big"):
        await one.check_health()


async def test_what_a_server_refuses_is_tried_again_later(remote: ScriptedRemote) -> None:
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        assert seconds == 30
        asleep.set()
        await wake.wait()

    remote.models = [{"id": "other"}]
    supervisor = Supervisor(engine(remote, model="big"), sleep=sleep, refused_retry_seconds=30)
    supervisor.start()
    await asyncio.wait_for(asleep.wait(), 5)
    assert (supervisor.status.stage, supervisor.failing) == (Stage.FAILED, True)
    remote.models = [{"id": "big"}]
    wake.set()
    async for status in supervisor.watch():
        if status.stage is Stage.READY:
            break
    assert not supervisor.failing
    await supervisor.stop()
