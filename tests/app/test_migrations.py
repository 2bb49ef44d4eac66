"""Migrations on both databases: up, equal to the models, down, up again."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect

from app.config import Settings
from app.db import Database
from app.migrate import downgrade, migrate
from app.request_log.partitions import is_partition
from app.tables import METADATA
from tests.rig.server import environment

LOCK = 0x76636861  # of app/migrations/env.py
WAITING = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'SELECT pg_try_advisory_lock%'"""


def test_up_down_up(make_settings: Callable[..., Settings], empty_database_url: str) -> None:
    settings = make_settings(database={"url": empty_database_url})
    migrate(settings)
    assert _ask(settings, _differences) == []
    downgrade(settings, "base")
    assert _ask(settings, _tables) == {"alembic_version"}
    migrate(settings)
    migrate(settings)
    assert _ask(settings, _differences) == []


async def test_servers_that_start_together_migrate_once(
    make_settings: Callable[..., Settings], postgres_url: Callable[[], str], tmp_path: Path
) -> None:
    url = postgres_url()
    how = {"cwd": tmp_path, "env": environment({"CHAT_DATABASE__URL": url}), "stdout": PIPE, "stderr": STDOUT}
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        # Their turn is held until all of them wait for it.
        await connection.execute(f"SELECT pg_advisory_lock({LOCK})")
        command = [sys.executable, "-m", "app", "migrate"]
        started = [await asyncio.create_subprocess_exec(*command, **how) for _ in range(3)]  # type: ignore[arg-type]
        async with asyncio.timeout(120):
            while await connection.fetchval(WAITING) < 3:
                await asyncio.sleep(0.1)
    finally:
        await connection.close()
    told = [(await process.communicate())[0].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], told
    assert await asyncio.to_thread(_ask, make_settings(database={"url": url}), _differences) == []


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
