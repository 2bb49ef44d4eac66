"""Alembic's entry: one connection of the async engine, all tables known."""

import asyncio

from alembic import context
from sqlalchemy import Connection

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


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


async def _online() -> None:
    settings = context.config.attributes.get("settings") or load_settings()
    database = Database(settings)
    try:
        async with database.engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await database.close()


asyncio.run(_online())
