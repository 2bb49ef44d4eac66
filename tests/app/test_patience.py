"""How long PostgreSQL may take for a statement, a lock, a connection; and that migrations take what they need."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import User
from app.config import Settings
from app.conversations.models import Conversation, Message
from app.db import Database
from app.errors import Unavailable
from app.migrate import migrate
from app.schema import newest
from tests.rig.migrated import migrated

ACTIVE = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE :query AND state = 'active' AND pid <> pg_backend_pid()
"""
RATE = (
    "INSERT INTO feedback (message_id, user_id, value, comment, created_at) VALUES (:message, :user, 'up', '', now())"
)


@pytest.fixture
def settings(make_settings: Callable[..., Settings], postgres_url: Callable[[], str]) -> Settings:
    """Of a server that has no time."""
    return make_settings(database={"url": postgres_url(), "statement_seconds": 1, "lock_seconds": 0.3})


async def active(db: Database, like: str) -> int:
    async with db.reading() as session:
        return await session.scalar(text(ACTIVE), {"query": like}) or 0


async def test_a_statement_is_given_up_by_the_server(settings: Settings) -> None:
    db, patient = Database(settings), Database(settings, patient=True)
    with pytest.raises(Unavailable):
        async with db.transaction() as session:
            await session.execute(text("SELECT pg_sleep(60)"))
    assert await active(db, "SELECT pg_sleep%") == 0
    async with patient.transaction() as session:
        await session.execute(text("SELECT pg_sleep(2)"))
    await db.close()
    await patient.close()


async def test_a_lock_is_waited_for_a_little(settings: Settings) -> None:
    db = Database(await migrated(settings))
    async with db.transaction() as session:
        session.add(User(email="kim@example.com", hashed_password="x"))
    change = text("UPDATE users SET hashed_password = 'y'")
    async with db.transaction() as first:
        await first.execute(change)
        with pytest.raises(Unavailable):
            async with db.transaction() as second:
                await second.execute(change)
    await db.close()


async def test_the_pool_has_fifty_connections(
    make_settings: Callable[..., Settings], postgres_url: Callable[[], str]
) -> None:
    db = Database(make_settings(database={"url": postgres_url()}))
    async with AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(db.reading()) for _ in range(50)))
        assert db.connections() == {"used": 50, "idle": 0}
        with pytest.raises(Unavailable):
            await db.ping()
    await db.ping()
    assert db.connections() == {"used": 0, "idle": 20}
    await db.close()


async def some_message(session: AsyncSession) -> dict[str, object]:
    user = User(email=f"{uuid4()}@example.com", hashed_password="x")
    session.add(user)
    await session.flush()
    conversation = Conversation(user_id=user.id)
    session.add(conversation)
    await session.flush()
    message = Message(conversation_id=conversation.id, role="assistant", status="done")
    session.add(message)
    await session.flush()
    return {"message": message.id, "user": user.id}


async def test_an_index_is_made_while_others_write(settings: Settings) -> None:
    await asyncio.to_thread(migrate, settings, "0015")
    db = Database(settings)
    async with db.transaction() as session:
        ours, theirs = [await some_message(session) for _ in range(2)]
        # As a try that was cut off leaves it.
        await session.execute(text("CREATE INDEX ix_feedback_user_id ON feedback (value)"))
        await session.execute(
            text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_feedback_user_id'::regclass")
        )
    async with db.transaction() as long:
        await long.execute(text(RATE), ours)
        migrating = asyncio.create_task(asyncio.to_thread(migrate, settings))
        async with asyncio.timeout(30):
            while not await active(db, "%INDEX CONCURRENTLY%"):
                await asyncio.sleep(0.05)
        async with db.transaction() as short:
            await short.execute(text(RATE), theirs)
    await migrating
    valid = (
        "SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indexrelid = 'ix_feedback_user_id'::regclass"
    )
    async with db.reading() as session:
        ((is_valid, definition),) = (await session.execute(text(valid))).all()
        revision = await session.scalar(text("SELECT version_num FROM alembic_version"))
    assert (is_valid, definition.endswith("(user_id)"), revision) == (True, True, newest())
    await db.close()
