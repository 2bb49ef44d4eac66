"""From SQLite to PostgreSQL: everything or nothing, and SQLite stays as it was."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary, Uuid, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import moving
from app.backups.creating import sqlite_path
from app.config import Settings
from app.conversations.models import Conversation
from app.db import UtcDateTime
from app.instance import DataInUse, hold
from app.migrate import migrate
from app.moving import MoveError, move
from app.tables import METADATA
from tests.backups.conftest import in_database

ROWS = 5
START = datetime(2026, 11, 25, 12, 30, 15, 123456, tzinfo=UTC)
Rows = dict[str, list[tuple[Any, ...]]]


def value(column: Column[Any], number: int, known: dict[str, list[dict[str, Any]]]) -> Any:
    """Something of the column's type, the same as in the row that it refers to."""
    for key in column.foreign_keys:
        rows = known[key.column.table.name]
        if rows is not known[column.table.name]:
            return rows[number][key.column.name]
        # The first rows refer to later ones.
        return UUID(int=number + 2) if number + 1 < ROWS else None
    match column.type:
        case Uuid():
            return UUID(int=number + 1)
        case JSON():
            return {"a": [number, "한글", None]} if number or not column.nullable else None
        case UtcDateTime():
            return START + timedelta(seconds=number)
        case Boolean():
            return number % 2 == 0
        case Integer():
            return number
        case LargeBinary():
            return bytes([number, 0, 255])
    return f"{column.name[:4]}{number}é"


def fill() -> dict[str, list[dict[str, Any]]]:
    known: dict[str, list[dict[str, Any]]] = {}
    for table in METADATA.sorted_tables:
        known[table.name] = []
        rows = [{column.name: value(column, number, known) for column in table.columns} for number in range(ROWS)]
        known[table.name] = rows
    return known


def rows_of(settings: Settings) -> Rows:
    async def ask(session: AsyncSession) -> Rows:
        found = {}
        for table in METADATA.sorted_tables:
            rows = await session.execute(select(table).order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
        return found

    return in_database(settings, ask)


@pytest.fixture
def source(make_settings: Callable[..., Settings]) -> Settings:
    """SQLite with rows in every table."""
    settings = make_settings()
    migrate(settings)

    async def insert(session: AsyncSession) -> None:
        await session.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table, rows in fill().items():
            await session.execute(METADATA.tables[table].insert(), rows)
        # A document that is null, and none at all.
        await session.execute(text("UPDATE messages SET receipt = NULL WHERE role = 'role1é'"))

    in_database(settings, insert)
    return settings


@pytest.fixture
def target(make_settings: Callable[..., Settings], postgres_url: Callable[[], str]) -> Settings:
    """An empty database."""
    return make_settings(database={"url": postgres_url()})


def test_every_row_of_every_table(source: Settings, target: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "BATCH", 2)
    before, file = rows_of(source), hashlib.sha256(sqlite_path(source).read_bytes()).digest()
    counts = move(source, target.database_url.replace("+asyncpg", ""))
    assert counts == {table.name: ROWS for table in METADATA.sorted_tables}
    assert rows_of(target) == before == rows_of(source)
    assert hashlib.sha256(sqlite_path(source).read_bytes()).digest() == file

    async def look(session: AsyncSession) -> tuple[int, int, int, int]:
        receipts = "count(*) FILTER (WHERE receipt IS NULL), count(*) FILTER (WHERE receipt::text = 'null')"
        keys = "SELECT count(*) FROM pg_constraint WHERE conname = 'fk_messages_parent_id_messages' AND convalidated"
        return (
            *(await session.execute(text(f"SELECT {receipts} FROM messages"))).one(),
            await session.scalar(text("SELECT count(*) FROM pg_sequences")),
            await session.scalar(text(keys)),
        )

    # No table counts its keys, so there is nothing of which to set the next one.
    assert in_database(target, look) == (1, 1, 0, 1)
    with pytest.raises(MoveError, match="not empty"):
        move(source, target.database_url)
    assert rows_of(target) == before


def test_what_postgresql_refuses(source: Settings, target: Settings) -> None:
    async def rename(session: AsyncSession, title: str) -> None:
        first = select(Conversation.id).limit(1).scalar_subquery()
        await session.execute(update(Conversation).where(Conversation.id == first).values(title=title))

    in_database(source, lambda session: rename(session, "x" * 201))
    with pytest.raises(MoveError, match="conversations"):
        move(source, target.database_url)
    assert not any(rows_of(target).values())
    in_database(source, lambda session: rename(session, "x" * 200))
    move(source, target.database_url)
    assert rows_of(target) == rows_of(source)


def test_what_is_no_place_to_move_to(
    source: Settings, target: Settings, make_settings: Callable[..., Settings]
) -> None:
    for url in ("sqlite+aiosqlite:///x.db", "no address", "mysql://host/x"):
        with pytest.raises(MoveError, match="postgresql"):
            move(source, url)
    with hold(source.data_dir, alone=False), pytest.raises(DataInUse):
        move(source, target.database_url)
    with pytest.raises(MoveError, match="no embedded database"):
        move(target, target.database_url)
    with pytest.raises(MoveError, match="no database yet"):
        move(make_settings(data_dir=source.data_dir / "other"), target.database_url)

    async def foreign(session: AsyncSession) -> None:
        await session.execute(text("CREATE TABLE accounting (id int)"))

    in_database(target, foreign)
    with pytest.raises(MoveError, match="accounting"):
        move(source, target.database_url)
    old = make_settings(data_dir=source.data_dir / "old")
    migrate(old, "0011")
    with pytest.raises(MoveError, match="vllm-chat migrate"):
        move(old, target.database_url)
