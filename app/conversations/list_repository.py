"""SQL that lists conversations: without their texts and settings, which a list does not show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.models import Conversation, listable

Place = tuple[datetime, UUID]
ORDER = (Conversation.updated_at.desc(), Conversation.id.desc())


@dataclass(slots=True)
class Listed:
    """One line of a list. `snippet` is the text around what was looked for."""

    id: UUID
    title: str
    pinned: bool
    archived: bool
    folder_id: UUID | None
    updated_at: datetime
    snippet: str | None = None


COLUMNS = tuple(
    getattr(Conversation, name) for name in ("id", "title", "pinned", "archived", "folder_id", "updated_at")
)


def behind(after: Place) -> ColumnElement[bool]:
    """What comes later in a list, newest first."""
    updated_at, row_id = after
    return or_(
        Conversation.updated_at < updated_at, and_(Conversation.updated_at == updated_at, Conversation.id < row_id)
    )


async def listed(
    db: AsyncSession, user_id: UUID, some: Sequence[ColumnElement[bool]], after: Place | None, limit: int
) -> list[Listed]:
    """Newest first, from behind the row `after`."""
    query = select(*COLUMNS).where(listable(user_id), *some)
    rows = await db.execute(_page(query, after, limit))
    return [Listed(*row) for row in rows]


async def conversations(
    db: AsyncSession, user_id: UUID, some: Sequence[ColumnElement[bool]], after: Place | None, limit: int
) -> Sequence[Row[Any]]:
    """As `listed`, with all columns; as plain rows, which cost a fraction of objects that could be changed."""
    query = select(*Conversation.__table__.columns).where(listable(user_id), *some)
    return (await db.execute(_page(query, after, limit))).all()


def _page(query: Select[Any], after: Place | None, limit: int) -> Select[Any]:
    if after is not None:
        query = query.where(behind(after))
    return query.order_by(*ORDER).limit(limit)
