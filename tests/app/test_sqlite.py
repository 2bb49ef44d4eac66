"""One writer at a time, in the order they came; each statement is one visit to the driver's thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.config import Settings
from app.db import Database
from app.errors import Unavailable


@pytest.fixture
async def db(make_settings: Callable[..., Settings]) -> AsyncIterator[Database]:
    """A file of its own with one small table."""
    db = Database(make_settings())
    async with db.transaction() as session:
        await session.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY, said TEXT UNIQUE)"))
    yield db
    await db.close()


async def write(db: Database, said: str) -> None:
    async with db.transaction() as session:
        await session.execute(text("INSERT INTO note (said) VALUES (:said)"), {"said": said})


async def said(db: Database) -> list[str]:
    async with db.reading() as session:
        return list(await session.scalars(text("SELECT said FROM note ORDER BY id")))


async def test_writers_go_in_the_order_they_came_and_readers_do_not_wait(db: Database) -> None:
    names = [f"writer {number}" for number in range(40)]
    async with db.transaction() as session:
        writers = [asyncio.create_task(write(db, name)) for name in names]
        await asyncio.sleep(0)
        assert await said(db) == []
        # Whoever waits holds no connection: readers find one however many writers there are.
        assert db.connections()["used"] == 1
        await session.execute(text("INSERT INTO note (said) VALUES ('first')"))
    await asyncio.gather(*writers)
    assert await said(db) == ["first", *names]


async def test_a_turn_that_does_not_come_is_told_and_a_cancelled_wait_holds_nobody_up(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.transaction() as session:
        waiting = asyncio.create_task(write(db, "cancelled"))
        await asyncio.sleep(0)
        waiting.cancel()
        with monkeypatch.context() as short:
            short.setattr("app.db.TURN_SECONDS", 0.05)
            with pytest.raises(Unavailable) as refused:
                await write(db, "too late")
        assert refused.value.code == "storage_unavailable"
        await session.execute(text("INSERT INTO note (said) VALUES ('first')"))
    await write(db, "second")
    assert await said(db) == ["first", "second"]


async def test_another_process_that_writes_is_waited_for(db: Database) -> None:
    with sqlite3.connect(db.url.database or "", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO note (said) VALUES ('theirs')")
        ours = asyncio.create_task(write(db, "ours"))
        assert await said(db) == []
        other.execute("COMMIT")
        await ours
    other.close()
    assert await said(db) == ["theirs", "ours"]


async def test_a_statement_is_one_visit_and_a_refused_one_is_undone(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = []
    execute: Any = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, visit: Callable[..., Any], *values: Any, **named: Any) -> Any:
        visits.append(visit)
        return await execute(self, visit, *values, **named)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    async with db.transaction() as session:
        rows = [{"said": "a"}, {"said": "b"}]
        await session.execute(text("INSERT INTO note (said) VALUES (:said)"), rows)
        assert list(await session.scalars(text("SELECT said FROM note"))) == ["a", "b"]
        changed: Any = await session.execute(text("UPDATE note SET said = said || '!'"))
        assert changed.rowcount == 2
    # Begin and insert, select, update, commit.
    assert len(visits) == 4
    async with db.reading() as session:
        assert list(await session.scalars(text("SELECT said FROM note"))) == ["a!", "b!"]
    async with db.transaction():
        pass
    assert len(visits) == 5
    with pytest.raises(IntegrityError):
        await removed_and_doubled(db)
    assert await said(db) == ["a!", "b!"]


async def test_a_transaction_that_another_process_keeps_out_is_told_and_leaves_nothing(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.transaction() as session:
        await session.execute(text("PRAGMA busy_timeout=50"))
    with sqlite3.connect(db.url.database or "", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await write(db, "kept out")
        other.execute("COMMIT")
    other.close()
    await write(db, "ours")
    assert await said(db) == ["ours"]


async def removed_and_doubled(db: Database) -> None:
    async with db.transaction() as session:
        await session.execute(text("DELETE FROM note WHERE said = 'a!'"))
        await session.execute(text("INSERT INTO note (said) VALUES ('b!')"))
