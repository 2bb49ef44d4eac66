"""A small OpenAI-compatible server, and an engine that asks it."""

from collections.abc import AsyncIterator

import pytest

from engine.remote_engine import RemoteEngine
from tests.engine.remote import engine
from tests.scripted_remote import ScriptedRemote, scripted_remote


@pytest.fixture
async def remote() -> AsyncIterator[ScriptedRemote]:
    async with scripted_remote() as server:
        yield server


@pytest.fixture
async def one(remote: ScriptedRemote) -> AsyncIterator[RemoteEngine]:
    started = engine(remote)
    await started.start(lambda status: None)
    remote.bodies.clear()
    yield started
    await started.stop()
