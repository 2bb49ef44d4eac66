"""SQL that looks for a text in titles and messages, part by part.

An index over all texts would have to know pairs of characters (half of all Korean words have two), cost more room than
the texts, be asked for everybody's texts at once, and be written with every answer. One user's texts are read instead:
the newest conversations first, so that the first hits are there at once, and never many in one statement.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.conversations.list_repository import COLUMNS, ORDER, Listed, Place, behind
from app.conversations.models import Conversation, Message, listable

ESCAPE = "\\"
# Characters before the hit, and in all.
BEFORE, AROUND = 15, 160


async def search(
    db: AsyncSession,
    user_id: UUID,
    q: str,
    some: Sequence[ColumnElement[bool]],
    after: Place | None,
    window: int,
    limit: int,
) -> tuple[list[Listed], Place | None]:
    """At most `limit` hits among the next `window` conversations, and where to go on; None at the end."""
    newest = select(*COLUMNS).where(listable(user_id), *some).order_by(*ORDER)
    if after is not None:
        newest = newest.where(behind(after))
    boundary = await db.execute(
        newest.with_only_columns(Conversation.updated_at, Conversation.id).offset(window - 1).limit(1)
    )
    last = boundary.tuples().first()
    postgresql = db.get_bind().dialect.name == "postgresql"
    hit = (
        select(Message.id)
        .where(Message.conversation_id == Conversation.id, _holds(Message.content, q, postgresql))
        .order_by(Message.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    inner = newest.add_columns(hit.label("hit"), _holds(Conversation.title, q, postgresql).label("titled"))
    looked = inner.limit(window).subquery()
    found = select(looked).where(or_(looked.c.titled, looked.c.hit.is_not(None)))
    rows = (await db.execute(found.order_by(looked.c.updated_at.desc(), looked.c.id.desc()).limit(limit))).all()
    snippets = await _snippets(db, q, [row.hit for row in rows if row.hit is not None], postgresql)
    hits = []
    for row in rows:
        hits.append(Listed(*row[: len(COLUMNS)]))
        hits[-1].snippet = snippets.get(row.hit)
    return hits, (hits[-1].updated_at, hits[-1].id) if len(hits) == limit else last


def _holds(column: InstrumentedAttribute[str], q: str, postgresql: bool) -> ColumnElement[bool]:
    """Literally. SQLite knows capitals of the Latin alphabet only."""
    if postgresql:
        # Far quicker than ILIKE.
        return _position(column, q, postgresql) > 0
    pattern = "".join(ESCAPE + char if char in (ESCAPE, "%", "_") else char for char in q)
    return column.like(f"%{pattern}%", escape=ESCAPE)


def _position(column: InstrumentedAttribute[str], q: str, postgresql: bool) -> ColumnElement[int]:
    where = func.strpos if postgresql else func.instr
    if q.lower() == q.upper():
        return where(column, q)
    return where(func.lower(column), func.lower(literal(q)))


async def _snippets(db: AsyncSession, q: str, message_ids: list[UUID], postgresql: bool) -> dict[UUID, str]:
    if not message_ids:
        return {}
    position = _position(Message.content, q, postgresql)
    start = case((position > BEFORE, position - BEFORE), else_=1)
    query = select(Message.id, start, func.length(Message.content), func.substr(Message.content, start, AROUND))
    rows = await db.execute(query.where(Message.id.in_(message_ids)))
    return {
        message_id: ("…" if begin > 1 else "") + " ".join(text.split()) + ("…" if begin + AROUND <= length else "")
        for message_id, begin, length, text in rows
    }
