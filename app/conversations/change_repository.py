"""SQL that changes, deletes and brings back several conversations of one user at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Delete, Update, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.models import Conversation, owned
from app.db import ROWS_ONLY


async def change(db: AsyncSession, user_id: UUID, ids: Sequence[UUID], values: dict[str, Any]) -> int:
    """How many were changed."""
    return await _count(db, update(Conversation).where(Conversation.id.in_(ids), owned(user_id)).values(**values))


async def restore(db: AsyncSession, user_id: UUID, ids: Sequence[UUID]) -> int:
    """How many of those that were marked as deleted are back."""
    some = (Conversation.id.in_(ids), Conversation.user_id == user_id, Conversation.deleted_at.is_not(None))
    return await _count(db, update(Conversation).where(*some).values(deleted_at=None))


async def delete_for_ever(db: AsyncSession, user_id: UUID, conversation_id: UUID) -> None:
    """Also when it is marked as deleted."""
    some = (Conversation.id == conversation_id, Conversation.user_id == user_id)
    await _count(db, delete(Conversation).where(*some))


async def purge(db: AsyncSession, marked: datetime, used: datetime, limit: int) -> int:
    """Delete what was marked before, and what is temporary and was used before, of whomever; how many these were."""
    old = (
        select(Conversation.id)
        .where(or_(Conversation.deleted_at < marked, and_(Conversation.temporary, Conversation.updated_at < used)))
        .limit(limit)
        # Another process may be at it.
        .with_for_update(skip_locked=True, of=Conversation)
    )
    return await _count(db, delete(Conversation).where(Conversation.id.in_(old)))


async def _count(db: AsyncSession, statement: Update | Delete) -> int:
    result: CursorResult[Any] = await db.execute(  # type: ignore[assignment]
        statement, execution_options=ROWS_ONLY
    )
    return result.rowcount
