"""All SQL about generations and about the answers that they write."""

import sys
from array import array
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Update, bindparam, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.models import Conversation, Message, owned
from app.db import ROWS_ONLY, now
from app.generations.models import KEPT, GenerationRow

KEEP_EVENTS = timedelta(hours=24)
LOOK_BACK = timedelta(days=7)
UNFINISHED = ("queued", "running")
# Made once: SQLAlchemy takes longer to make a statement and to find out that it knows it than to send it.
ANSWER = update(Message).where(Message.id == bindparam("which"), Message.generation_id == bindparam("writer"))
END = update(GenerationRow).where(GenerationRow.id == bindparam("which"))


@dataclass(frozen=True, slots=True)
class Save:
    """The state of an answer: columns of its message, and of its generation when that has ended."""

    generation_id: UUID
    message_id: UUID
    conversation_id: UUID
    answer: dict[str, Any]
    end: dict[str, Any] = field(default_factory=dict)


async def generation(
    db: AsyncSession, user_id: UUID, generation_id: UUID, *, deleted: bool = False
) -> GenerationRow | None:
    """A generation of this user; one of a conversation that was deleted only when asked for."""
    query = select(GenerationRow).where(GenerationRow.id == generation_id, GenerationRow.user_id == user_id)
    if not deleted:
        query = query.where(exists().where(Conversation.id == GenerationRow.conversation_id, owned(user_id)))
    row: GenerationRow | None = await db.scalar(query)
    return row


async def by_key(db: AsyncSession, user_id: UUID, key: str) -> GenerationRow | None:
    """The generation that a request with this idempotency key has started."""
    query = select(GenerationRow).where(GenerationRow.user_id == user_id, GenerationRow.idempotency_key == key)
    row: GenerationRow | None = await db.scalar(query)
    return row


async def resumable(db: AsyncSession, generation_id: UUID) -> Message | None:
    """The answer of a generation that was cut off, unless it has ended, was deleted, or is written by another."""
    query = select(Message).where(
        Message.generation_id == generation_id, Message.status.in_((*UNFINISHED, "interrupted"))
    )
    row: Message | None = await db.scalar(query)
    return row


async def unheard(
    db: AsyncSession, instance: str, journaled: Collection[UUID], since: datetime
) -> list[tuple[Message, UUID]]:
    """Answers without a word, and whose they are, that a killed process of this instance had stored and not yet
    written into its journal."""
    query = (
        select(Message, GenerationRow.user_id)
        .join(GenerationRow, GenerationRow.id == Message.generation_id)
        .where(
            GenerationRow.instance == instance,
            GenerationRow.ended_at.is_(None),
            GenerationRow.created_at >= since,
            GenerationRow.id.not_in(journaled),
            Message.status == "queued",
            Message.content == "",
        )
        .order_by(Message.id)
    )
    return [(message, user_id) for message, user_id in await db.execute(query)]


async def unfinished_in(db: AsyncSession, user_id: UUID, conversation_ids: Sequence[UUID]) -> list[UUID]:
    """The generations of these conversations that have not ended, on whatever server."""
    query = (
        select(GenerationRow.id)
        .join(Message, Message.generation_id == GenerationRow.id)
        .where(
            GenerationRow.conversation_id.in_(conversation_ids),
            GenerationRow.user_id == user_id,
            Message.status.in_(UNFINISHED),
        )
    )
    return list(await db.scalars(query))


async def params(db: AsyncSession, generation_id: UUID) -> dict[str, Any]:
    """The sampling parameters that were asked for."""
    return await db.scalar(select(GenerationRow.params).where(GenerationRow.id == generation_id)) or {}


async def token_ids(db: AsyncSession, generation_id: UUID) -> list[int]:
    """The tokens of the answer; empty when they are not known."""
    packed = await db.scalar(select(GenerationRow.token_ids).where(GenerationRow.id == generation_id))
    return unpack_ids(packed or b"")


async def save(db: AsyncSession, saves: Sequence[Save]) -> None:
    """Write the state of answers, of each if its generation still is the one that writes it."""
    rows = [({"which": one.message_id, "writer": one.generation_id}, one.answer) for one in saves]
    await _update_all(db, ANSWER, rows)
    touched = {one.conversation_id for one in saves}
    statement = update(Conversation).where(Conversation.id.in_(touched))
    await db.execute(statement.values(updated_at=now()), execution_options=ROWS_ONLY)
    rows = [({"which": one.generation_id}, one.end) for one in saves if one.end]
    await _update_all(db, END, rows)


async def _update_all(
    db: AsyncSession, statement: Update, rows: Sequence[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    """`rows`: which, and what. One statement for all that change the same columns."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for which, values in rows:
        alike[tuple(values)].append(which | {f"new_{name}": value for name, value in values.items()})
    connection = await db.connection()
    for names, parameters in alike.items():
        await connection.execute(_setting(statement, names), parameters)


@cache
def _setting(statement: Update, names: tuple[str, ...]) -> Update:
    return statement.values({name: bindparam(f"new_{name}") for name in names})


async def set_status(db: AsyncSession, generation_id: UUID, status: str) -> None:
    """Of the answer that this generation writes."""
    await db.execute(update(Message).where(Message.generation_id == generation_id).values(status=status))


async def interrupt_unfinished(db: AsyncSession, instance: str, resumed: set[UUID], now: datetime) -> int:
    """At start: answers that a killed process of this instance left behind and that nobody resumes, and those that
    no instance has ended for a day. Tells how many there were."""
    ours = select(GenerationRow.id).where(GenerationRow.instance == instance)
    known = select(GenerationRow.id)
    statement = (
        update(Message)
        .where(
            Message.status.in_(UNFINISHED),
            or_(
                Message.generation_id.in_(ours),
                Message.generation_id.not_in(known),
                Message.created_at < now - KEEP_EVENTS,
            ),
            Message.generation_id.not_in(resumed),
        )
        .values(status="interrupted")
    )
    result: CursorResult[Any] = await db.execute(statement)  # type: ignore[assignment]
    # Nobody will write their events any more.
    lost = or_(GenerationRow.instance == instance, GenerationRow.created_at < now - KEEP_EVENTS)
    ended = update(GenerationRow).where(GenerationRow.ended_at.is_(None), lost, GenerationRow.id.not_in(resumed))
    await db.execute(ended.values(ended_at=now))
    return result.rowcount


async def expire(db: AsyncSession, now: datetime) -> None:
    """Forget events and idempotency keys a day after the end; rows whose message is written by a later generation
    go altogether a day after that, or with their conversation when nobody looked for a week."""
    old = GenerationRow.ended_at < now - KEEP_EVENTS
    await db.execute(update(GenerationRow).where(old, KEPT).values(events=None, idempotency_key=None))
    current = exists().where(Message.id == GenerationRow.message_id, Message.generation_id == GenerationRow.id)
    older = GenerationRow.ended_at.between(now - LOOK_BACK, now - 2 * KEEP_EVENTS)
    await db.execute(delete(GenerationRow).where(older, ~current))


def pack_ids(ids: list[int]) -> bytes:
    """Four bytes a token, least significant first."""
    packed = array("I", ids)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack_ids(packed: bytes) -> list[int]:
    """As packed."""
    ids = array("I")
    ids.frombytes(packed)
    if sys.byteorder == "big":
        ids.byteswap()
    return list(ids)
