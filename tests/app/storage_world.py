"""A service whose PostgreSQL can be stopped and frozen, and what must be true of it afterwards."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select

from app.config import Settings
from app.conversations.models import Message
from app.generations.repository import UNFINISHED
from tests.app.serving import Served, read_events, serving, text_of
from tests.scripted_engine import ScriptedEngine

Events = list[dict[str, Any]]


@asynccontextmanager
async def ready(settings: Settings, engine: ScriptedEngine) -> AsyncIterator[tuple[Served, httpx.AsyncClient]]:
    """A service that can answer, and Kim, signed in."""
    async with serving(settings, engine) as served, served.client() as client:
        await served.services.engine.wait_ready()
        yield served, client


def asked(client: httpx.AsyncClient, seen: Callable[[dict[str, Any]], object], **body: Any) -> asyncio.Task[Events]:
    """Ask, and tell `seen` each event as it comes. The result is all of them, to the end."""

    async def ask() -> Events:
        events: Events = []
        async with client.stream("POST", "/api/chat", json={"content": "안녕", **body}) as response:
            assert response.status_code == 200, (await response.aread()).decode()
            async for event in read_events(response):
                events.append(event)
                seen(event)
        return events

    return asyncio.create_task(ask())


async def until(met: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that nothing announces."""
    async with asyncio.timeout(seconds):
        while not met():
            await asyncio.sleep(0.02)


async def all_saved(served: Served) -> None:
    """Wait until no answer is left to be stored."""
    generations = served.services.generations._all.values()
    tasks = [one.task for one in generations if one.task is not None and not one.task.done()]
    async with asyncio.timeout(30):
        await asyncio.gather(*tasks)


async def check_stored(served: Served, *answers: Events) -> None:
    """Every answer is stored whole and once, nothing is left unfinished, and no connection is lost."""
    async with served.services.db.reading() as db:
        for events in answers:
            row = await db.get(Message, UUID(events[0]["data"]["message_id"]))
            assert row is not None
            assert (row.status, row.content) == ("done", text_of(events))
        assert await db.scalar(select(func.count()).where(Message.status.in_(UNFINISHED))) == 0
        assert await db.scalar(select(func.count()).where(Message.role == "assistant")) == len(answers)
        assert await db.scalar(select(func.count()).where(Message.role == "user")) == len(answers)
    # What is written in the background may be under way.
    await until(lambda: served.services.db.engine.pool.checkedout() == 0)  # type: ignore[attr-defined]
