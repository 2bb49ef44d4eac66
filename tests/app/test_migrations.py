"""Migrations on both databases: up, equal to the models, down, up again."""

import asyncio
from collections.abc import Callable
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect

from app.config import Settings
from app.db import Database
from app.migrate import downgrade, migrate
from app.request_log.partitions import is_partition
from app.tables import METADATA


def test_up_down_up(make_settings: Callable[..., Settings], database_url: str) -> None:
    settings = make_settings(database={"url": database_url})
    migrate(settings)
    assert _ask(settings, _differences) == []
    downgrade(settings, "base")
    assert _ask(settings, _tables) == {"alembic_version"}
    migrate(settings)
    migrate(settings)
    assert _ask(settings, _differences) == []


def _differences(connection: Connection) -> object:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _described})
    found: list[Any] = compare_metadata(context, METADATA)
    return [one for one in found if not (connection.dialect.name == "sqlite" and _is_inline(one))]


def _is_inline(difference: Any) -> bool:
    """SQLite does not tell what "on delete" says in a column that was added to a table."""
    kind, constraint = difference[:2]
    return kind in ("add_fk", "remove_fk") and constraint.column_keys == ["folder_id"]


def _described(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and is_partition(name))


def _tables(connection: Connection) -> object:
    return set(inspect(connection).get_table_names())


def _ask(settings: Settings, question: Callable[[Connection], object]) -> object:
    async def run() -> object:
        database = Database(settings)
        try:
            async with database.engine.connect() as connection:
                return await connection.run_sync(question)
        finally:
            await database.close()

    return asyncio.run(run())
