"""SQL of imports: the rows of one conversation, in the caller's transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.models import Conversation, Feedback, Message
from app.db import Base
from app.transfer.imported import Rows

BATCH = 200


async def has_conversations(db: AsyncSession, user_id: UUID) -> bool:
    """Whether this user has any at all."""
    return await db.scalar(select(Conversation.id).where(Conversation.user_id == user_id).limit(1)) is not None


async def add(db: AsyncSession, rows: Rows) -> None:
    """In the order in which they refer to one another."""
    await db.execute(insert(Conversation), [rows.conversation])
    await _insert(db, Message, rows.messages)
    await _insert(db, Feedback, rows.feedback)


async def _insert(db: AsyncSession, table: type[Base], values: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(values), BATCH):
        await db.execute(insert(table), values[start : start + BATCH])
