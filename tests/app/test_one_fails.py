"""What goes wrong with one request ends that one; its neighbours go on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import httpx
import pytest

from app.config import Settings
from app.conversations.models import Message
from engine import backoff
from engine.errors import EngineError
from tests.app.faulty_engine import FaultyEngine
from tests.app.serving import Served, chat, text_of
from tests.app.storage_world import Events, asked, ready, until
from tests.scripted_engine import REPLY

LONG = {"params": {"max_tokens": 40, "ignore_eos": True}}
UNDISTURBED = " ".join((REPLY.split(" ") * 3)[:40])


@pytest.fixture
async def faulty(
    make_settings: Callable[..., Settings], database_url: str
) -> AsyncIterator[tuple[Served, FaultyEngine, httpx.AsyncClient]]:
    engine = FaultyEngine(delay=0.05, loading=0.2)
    async with ready(make_settings(database={"url": database_url}), engine) as (served, client):
        yield served, engine, client


async def row_of(served: Served, events: Events) -> Message:
    async with served.services.db.reading() as db:
        row = await db.get(Message, UUID(events[0]["data"]["message_id"]))
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (EngineError("Token id 99999 is out of vocabulary"), "engine_error"),
        (MemoryError("tried to allocate 20 GiB"), "internal_error"),
        (RuntimeError("index out of range"), "internal_error"),
    ],
)
async def test_an_error_ends_only_its_own_answer(
    faulty: tuple[Served, FaultyEngine, httpx.AsyncClient], fault: Exception, code: str
) -> None:
    served, engine, client = faulty
    engine.faults["bad"] = fault
    begun: list[int] = []
    neighbours = [asked(client, lambda event: begun.append(1), **LONG) for _ in range(2)]
    await until(lambda: len(begun) > 8)
    failed = await chat(client, "bad")
    assert (failed[-1]["event"], failed[-1]["data"]["code"]) == ("error", code)
    assert text_of(failed) == "하나 둘 "
    row = await row_of(served, failed)
    assert (row.status, row.content, row.error_code) == ("error", "하나 둘 ", code)
    for neighbour in neighbours:
        events = await neighbour
        assert (events[-1]["event"], text_of(events)) == ("done", UNDISTURBED)
        assert "resuming" not in [event["event"] for event in events]
    assert engine.running == set()
    assert served.services.engine.restarts == 0


async def test_what_kills_the_engine_is_given_up_and_its_neighbours_finish(
    faulty: tuple[Served, FaultyEngine, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies of the message before anybody else has a next token, each time."""
    monkeypatch.setattr(backoff, "LOSSES_AT_ONCE", 1000)
    served, engine, client = faulty
    engine.deadly.add("deadly")
    begun: list[int] = []
    neighbours = [asked(client, lambda event: begun.append(1), **LONG) for _ in range(3)]
    await until(lambda: len(begun) > 12)
    async with asyncio.timeout(60):
        deadly = await chat(client, "deadly")
        assert (deadly[-1]["event"], deadly[-1]["data"]["code"]) == ("error", "engine_lost")
        assert [event["event"] for event in deadly].count("resuming") == 2
        for neighbour in neighbours:
            events = await neighbour
            assert (events[-1]["event"], text_of(events)) == ("done", UNDISTURBED)
    assert served.services.engine.restarts == 3
    assert (await row_of(served, deadly)).status == "interrupted"
    assert (await chat(client))[-1]["event"] == "done"
