"""Alembic's entry: one connection of the async engine, all tables known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.config import load_settings
from app.db import Database
from app.tables import METADATA

LOCK = 0x76636861
TURN_SECONDS = 0.2


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        # Where one fails, those before it stay, each whole; indexes are made outside of any.
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


@asynccontextmanager
async def _turn(engine: AsyncEngine) -> AsyncIterator[None]:
    """Servers that start together on one PostgreSQL migrate one after the other; what the first has done is not done
    twice."""
    if engine.dialect.name != "postgresql":
        yield
        return
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        # Asked again and again: who waits in a statement is waited for by an index that is made while others write.
        while not await connection.scalar(text(f"SELECT pg_try_advisory_lock({LOCK})")):  # noqa: ASYNC110
            await asyncio.sleep(TURN_SECONDS)
        try:
            yield
        finally:
            await connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))


async def _online() -> None:
    settings = context.config.attributes.get("settings") or load_settings()
    database = Database(settings, patient=True)
    try:
        async with _turn(database.engine), database.engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await database.close()


asyncio.run(_online())
