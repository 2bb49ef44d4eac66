"""SQL that reads an account out, page by page, in an order that does not change while it is read."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import Session
from app.conversations.models import Conversation, Folder, owned


async def conversations(db: AsyncSession, user_id: UUID, after: UUID | None, limit: int) -> list[Conversation]:
    """By id, which is by the time they were made; activity moves nothing past the reader."""
    query = select(Conversation).where(owned(user_id))
    if after is not None:
        query = query.where(Conversation.id > after)
    return list(await db.scalars(query.order_by(Conversation.id).limit(limit)))


async def folders(db: AsyncSession, user_id: UUID) -> list[Folder]:
    """In their order."""
    return list(
        await db.scalars(select(Folder).where(Folder.user_id == user_id).order_by(Folder.position, Folder.name))
    )


async def sessions(db: AsyncSession, user_id: UUID) -> list[Session]:
    """Oldest first."""
    query = select(Session).where(Session.user_id == user_id).order_by(Session.created_at)
    return list(await db.scalars(query))
