"""Tasks that are cancelled in the middle of a transaction, at every step of it."""

import asyncio
from collections.abc import Callable

import pytest
import structlog
from sqlalchemy import text

from app.config import Settings
from app.db import Database

STEPS = range(0, 60, 3)


async def cancelled(db: Database, steps: int, closing: bool = False) -> BaseException | None:
    """How a writer ends that is cancelled after so many turns of the event loop; the database closes at once."""

    async def write() -> None:
        async with db.transaction() as session:
            await session.execute(text("SELECT 1"))

    task = asyncio.create_task(write())
    for _ in range(steps):
        # Long enough for the driver's thread to answer.
        await asyncio.sleep(0.0002)
    task.cancel()
    if closing:
        await db.close()
    return (await asyncio.gather(task, return_exceptions=True))[0]


async def test_a_cancelled_writer_keeps_nobody_out(make_settings: Callable[..., Settings], database_url: str) -> None:
    db = Database(make_settings(database={"url": database_url}))
    # Its traceback holds the cursor, as a task's that nobody has collected yet.
    ends = []
    for steps in STEPS:
        ends.append(await cancelled(db, steps))
        async with db.transaction() as session:
            assert await session.scalar(text("SELECT 2")) == 2
    assert any(isinstance(end, asyncio.CancelledError) for end in ends)
    await db.close()


async def test_when_the_database_has_closed_no_task_of_it_is_left(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    """The end of the event loop would cancel them again and then wait for ever."""
    before = asyncio.all_tasks()
    for steps in STEPS:
        db = Database(make_settings(database={"url": database_url}))
        await db.ping()
        await cancelled(db, steps, closing=True)
        assert asyncio.all_tasks() == before


async def test_a_transaction_that_does_not_end_is_told(
    make_settings: Callable[..., Settings], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.CLOSE_SECONDS", 0.1)
    db = Database(make_settings(database={"url": database_url}))
    async with db.transaction() as session:
        await session.execute(text("SELECT 1"))
        with structlog.testing.capture_logs() as logs:
            await db.close()
        await session.invalidate()
    assert [line["transactions"] for line in logs] == [1]
