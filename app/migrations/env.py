"""Alembic's entry: one connection of the async engine, all tables known."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

import app.audit.models
import app.auth.models
import app.conversations.models
import app.generations.models
import app.library.models
import app.limits.models
import app.request_log.models
import app.sharing.models  # noqa: F401
from app.config import load_settings
from app.db import Base, Database

# Servers that start together on one PostgreSQL migrate one after the other; what the first has done is not done twice.
LOCK = 0x76636861


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        context.run_migrations()


async def _online() -> None:
    settings = context.config.attributes.get("settings") or load_settings()
    # A large table takes its time, and so may the server that migrates before this one.
    database = Database(settings, statement_seconds=None)
    try:
        async with database.engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await database.close()


asyncio.run(_online())
