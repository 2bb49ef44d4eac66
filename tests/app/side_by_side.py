"""Several servers side by side, and reading events from them piece by piece."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx

from app.config import Settings
from tests.app.serving import Served, read_events, serving
from tests.rig.redis import Redis
from tests.scripted_engine import ScriptedEngine


@asynccontextmanager
async def ready(settings: Settings) -> AsyncIterator[tuple[Served, httpx.AsyncClient]]:
    """A server with a signed-in client."""
    async with serving(settings, ScriptedEngine(delay=0.01)) as served, served.client() as client:
        await served.services.engine.wait_ready()
        yield served, client


@asynccontextmanager
async def following(
    client: httpx.AsyncClient, generation_id: str, after: int = 0
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The events as they come."""
    headers = {"Last-Event-ID": str(after)}
    async with client.stream("GET", f"/api/generations/{generation_id}/events", headers=headers) as response:
        assert response.status_code == 200, (await response.aread()).decode()
        yield read_events(response)


async def take(events: AsyncIterator[dict[str, Any]], count: int, seconds: float = 10) -> list[dict[str, Any]]:
    async with asyncio.timeout(seconds):
        return [await anext(events) for _ in range(count)]


async def rest(events: AsyncIterator[dict[str, Any]], seconds: float = 15) -> list[dict[str, Any]]:
    async with asyncio.timeout(seconds):
        return [event async for event in events]


@contextmanager
def frozen(redis: Redis) -> Iterator[None]:
    """It takes connections and does not answer."""
    redis.process.popen.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        redis.process.popen.send_signal(signal.SIGCONT)
