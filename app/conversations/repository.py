"""SQL about one conversation and its messages. Every statement names the owner: somebody else's row is not found."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload

from app.conversations.models import Conversation, Feedback, Message, owned
from app.conversations.schemas import MessagePlace
from app.db import now

# The smallest difference that both databases keep.
MOMENT = timedelta(microseconds=1)


def _owned(user_id: UUID) -> Select[tuple[Message]]:
    return select(Message).join(Conversation, Conversation.id == Message.conversation_id).where(owned(user_id))


async def conversation(db: AsyncSession, user_id: UUID, conversation_id: UUID) -> Conversation | None:
    """One conversation of this user."""
    query = select(Conversation).where(Conversation.id == conversation_id, owned(user_id))
    row: Conversation | None = await db.scalar(query)
    return row


async def messages(
    db: AsyncSession, user_id: UUID, conversation_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[Message]:
    """Oldest first, from behind the row `after`; with what the user thinks of them."""
    query = _owned(user_id).where(Message.conversation_id == conversation_id).options(joinedload(Message.feedback))
    if after is not None:
        created_at, message_id = after
        query = query.where(
            or_(
                Message.created_at > created_at,
                and_(Message.created_at == created_at, Message.id > message_id),
            )
        )
    return list(await db.scalars(query.order_by(Message.created_at, Message.id).limit(limit)))


async def places(db: AsyncSession, user_id: UUID, conversation_id: UUID) -> list[MessagePlace]:
    """The whole tree of a conversation, oldest first, without what was said."""
    rows = await db.execute(
        _owned(user_id)
        .with_only_columns(Message.id, Message.parent_id, Message.created_at)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.created_at, Message.id)
    )
    return [MessagePlace(*row) for row in rows]


async def some(db: AsyncSession, user_id: UUID, conversation_id: UUID, ids: Sequence[UUID]) -> list[Message]:
    """These of the messages of one conversation, in no order; with what the user thinks of them."""
    query = _owned(user_id).where(Message.conversation_id == conversation_id, Message.id.in_(ids))
    return list(await db.scalars(query.options(joinedload(Message.feedback))))


async def newest_message_id(db: AsyncSession, conversation_id: UUID) -> UUID | None:
    """The newest leaf, which is the newest message."""
    query = select(Message.id).where(Message.conversation_id == conversation_id)
    newest: UUID | None = await db.scalar(query.order_by(Message.created_at.desc(), Message.id.desc()).limit(1))
    return newest


async def next_moment(db: AsyncSession, conversation_id: UUID) -> datetime:
    """For a new message: now, but behind all others, also when the clock was set back meanwhile."""
    newest: datetime | None = await db.scalar(
        select(func.max(Message.created_at)).where(Message.conversation_id == conversation_id)
    )
    return max(now(), newest + MOMENT) if newest is not None else now()


async def path(db: AsyncSession, conversation_id: UUID, leaf_id: UUID) -> list[Message]:
    """From the first message to the leaf, along `parent_id`; empty when the leaf is not in the conversation."""
    chain = (
        select(Message.id, Message.parent_id, literal(0).label("depth"))
        .where(Message.id == leaf_id, Message.conversation_id == conversation_id)
        .cte("chain", recursive=True)
    )
    parent = aliased(Message)
    chain = chain.union_all(
        select(parent.id, parent.parent_id, chain.c.depth + 1).where(parent.id == chain.c.parent_id)
    )
    query = select(Message).join(chain, chain.c.id == Message.id).order_by(chain.c.depth.desc())
    return list(await db.scalars(query))


async def message(db: AsyncSession, user_id: UUID, message_id: UUID) -> Message | None:
    """One message of this user."""
    row: Message | None = await db.scalar(_owned(user_id).where(Message.id == message_id))
    return row


async def retitle(db: AsyncSession, user_id: UUID, conversation_id: UUID, old: str, new: str) -> bool:
    """Give a title in the place of `old`; False when it has another one by now, or is gone."""
    statement = update(Conversation).where(
        Conversation.id == conversation_id, owned(user_id), Conversation.title == old
    )
    return await db.scalar(statement.values(title=new).returning(Conversation.id)) is not None


async def rate(db: AsyncSession, user_id: UUID, message_id: UUID, value: str | None, comment: str) -> str | None:
    """Keep what the user thinks of one of their messages; None forgets it. The role of the message; None when there is
    no such message."""
    # Locked, so that two ratings of one message come one after the other.
    query = _owned(user_id).where(Message.id == message_id).with_for_update(of=Message)
    row: Message | None = await db.scalar(query)
    if row is not None and row.role == "assistant":
        rows = delete(Feedback).where(Feedback.message_id == message_id, Feedback.user_id == user_id)
        await db.execute(rows)
        if value is not None:
            db.add(Feedback(message_id=message_id, user_id=user_id, value=value, comment=comment))
    return row.role if row else None
