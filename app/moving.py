"""Moves an embedded installation to PostgreSQL: every row, in one transaction, counted. SQLite stays as it was."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr
from sqlalchemy import JSON, Column, Table, Text, bindparam, func, insert, inspect, select, text, type_coerce
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import AddConstraint, DropConstraint
from sqlalchemy.types import TypeEngine

from app import schema
from app.backups.creating import kind_of, sqlite_path
from app.config import Settings
from app.db import Database
from app.instance import hold
from app.migrate import migrate
from app.request_log.partitions import is_partition
from app.tables import METADATA, NAMES

# Rows may hold long texts.
BATCH = 200


class MoveError(Exception):
    """Nothing was moved; the message says why and what to do."""


def move(settings: Settings, url: str) -> dict[str, int]:
    """Copy all tables to the empty PostgreSQL database at `url`; tells the number of rows of each. Blocking.

    Raises MoveError, DataInUse, SchemaTooNew, Unavailable.
    """
    target = _target(settings, url)
    if kind_of(settings) != "sqlite":
        raise MoveError("CHAT_DATABASE__URL does not name SQLite: there is no embedded database to move.")
    if not sqlite_path(settings).exists():
        raise MoveError(f"There is no database yet: {sqlite_path(settings)}.")
    with hold(settings.data_dir, alone=True):
        if schema.present(settings) != schema.newest():
            raise MoveError("The database does not have the newest schema: run `vllm-chat migrate` first.")
        asyncio.run(_refuse_rows(target))
        migrate(target)
        return asyncio.run(_copy(settings, target))


def _target(settings: Settings, url: str) -> Settings:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "postgresql":
        raise MoveError("The address must be like postgresql+asyncpg://user:password@host/database")
    asynchronous = parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    database = settings.database.model_copy(update={"url": SecretStr(asynchronous)})
    return settings.model_copy(update={"database": database})


async def _refuse_rows(target: Settings) -> None:
    """Tables without rows are as good as none: an earlier try that failed has left them."""
    db = Database(target)
    try:
        async with db.reading() as session:
            connection = await session.connection()
            names = await connection.run_sync(lambda one: inspect(one).get_table_names())
            there = {name for name in names if not is_partition(name)}
            ours = [table for table in METADATA.sorted_tables if table.name in there]
            full = [table.name for table in ours if await session.scalar(select(1).select_from(table).limit(1))]
    finally:
        await db.close()
    if full := full + sorted(there - {*NAMES}):
        raise MoveError(f"The database to move to is not empty: it has {', '.join(full)}. Name one of its own.")


async def _copy(settings: Settings, target: Settings) -> dict[str, int]:
    source, destination = Database(settings), Database(target, patient=True)
    counts = {}
    # They refer to rows of their own table, in any order.
    inner = [
        key
        for table in METADATA.tables.values()
        for key in table.foreign_key_constraints
        if key.referred_table is table
    ]
    try:
        async with source.reading() as here, destination.transaction() as there:
            await here.execute(text("BEGIN"))  # one state of all tables
            for key in inner:
                await there.execute(DropConstraint(key))
            for table in METADATA.sorted_tables:
                counts[table.name] = await _copy_table(table, here, there)
            for key in inner:
                await there.execute(AddConstraint(key))
    finally:
        await source.close()
        await destination.close()
    return counts


async def _copy_table(table: Table, here: AsyncSession, there: AsyncSession) -> int:
    columns = [type_coerce(column, Text).label(column.name) if _is_json(column) else column for column in table.columns]
    rows = await here.stream(select(*columns).execution_options(yield_per=BATCH))
    statement = insert(table).values(
        {column.name: bindparam(column.name, type_=_typed(column)) for column in table.columns}
    )
    documents = [column.name for column in table.columns if _is_json(column)]
    try:
        async for part in rows.mappings().partitions(BATCH):
            await there.execute(statement, [_row(row, documents) for row in part])
        wanted, found = [await one.scalar(select(func.count()).select_from(table)) or 0 for one in (here, there)]
    except DBAPIError as error:
        raise MoveError(f"PostgreSQL refuses a row of {table.name}, nothing was moved: {error.orig}") from error
    if wanted != found:
        raise MoveError(f"{table.name}: {found} of {wanted} rows have arrived, nothing was moved.")
    return found


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _typed(column: Column[Any]) -> TypeEngine[Any]:
    return JSON(none_as_null=True) if _is_json(column) else column.type


def _row(row: Mapping[Any, Any], documents: Sequence[str]) -> dict[str, Any]:
    """A document may be absent, or be `null`: that stays so."""
    values = dict(row)
    for name in documents:
        if (document := values[name]) is not None:
            values[name] = JSON.NULL if document == "null" else json.loads(document)
    return values
