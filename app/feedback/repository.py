"""All SQL for administrators about what users think of answers. No statement reads a text but the comment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.models import Conversation, Feedback, Message


@dataclass(frozen=True, slots=True)
class Filter:
    """What an administrator looks for; None is everything."""

    value: str | None = None
    model: str | None = None


async def page(db: AsyncSession, wanted: Filter, after: tuple[datetime, UUID] | None, limit: int) -> list[Row[Any]]:
    """Newest first, from behind the row `after`."""
    query = (
        select(
            Feedback.message_id,
            Feedback.created_at.label("at"),
            Feedback.user_id,
            Feedback.value,
            Feedback.comment,
            Message.model,
            Message.receipt,
        )
        .join(Message, Message.id == Feedback.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.deleted_at.is_(None))
    )
    if wanted.value is not None:
        query = query.where(Feedback.value == wanted.value)
    if wanted.model is not None:
        query = query.where(Message.model == wanted.model)
    if after is not None:
        query = query.where(tuple_(Feedback.created_at, Feedback.message_id) < after)
    query = query.order_by(Feedback.created_at.desc(), Feedback.message_id.desc()).limit(limit)
    return list(await db.execute(query))
