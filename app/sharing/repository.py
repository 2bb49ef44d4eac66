"""All SQL about links. Those of an owner name the owner; `by_token` is what strangers ask."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import User
from app.auth.repository import column
from app.conversations.models import Conversation, owned
from app.sharing.models import Share


async def by_token(db: AsyncSession, token: str, at: datetime) -> Share | None:
    """A link that is open now: neither expired, nor to what was deleted, nor of an account that was disabled."""
    query = (
        select(Share)
        .join(User, column(User.id) == Share.user_id)
        .join(Conversation, Conversation.id == Share.conversation_id)
        .where(Conversation.deleted_at.is_(None))
        .where(Share.token == token, column(User.is_active), or_(Share.expires_at.is_(None), Share.expires_at > at))
    )
    row: Share | None = await db.scalar(query)
    return row


async def of_conversation(db: AsyncSession, user_id: UUID, conversation_id: UUID) -> Share | None:
    """The link to one's conversation, expired or not."""
    query = select(Share).where(Share.conversation_id == conversation_id, Share.user_id == user_id)
    row: Share | None = await db.scalar(query)
    return row


async def of_user(db: AsyncSession, user_id: UUID) -> list[Share]:
    """Newest first."""
    query = select(Share).join(Conversation, Conversation.id == Share.conversation_id).where(owned(user_id))
    return list(await db.scalars(query.order_by(Share.created_at.desc(), Share.conversation_id)))


async def revoke(db: AsyncSession, user_id: UUID, conversation_id: UUID) -> bool:
    """True when there was a link to end."""
    statement = delete(Share).where(Share.conversation_id == conversation_id, Share.user_id == user_id)
    result: CursorResult[Any] = await db.execute(statement)  # type: ignore[assignment]
    return result.rowcount == 1
