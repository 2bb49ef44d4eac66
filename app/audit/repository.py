"""All SQL about the audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.models import AuditRow
from app.db import insert_new


async def add(db: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Rows that are there already stay as they are."""
    await insert_new(db, AuditRow, rows)


async def page(
    db: AsyncSession, after: tuple[datetime, UUID] | None, limit: int, action: str | None, actor: UUID | None
) -> list[AuditRow]:
    """Newest first, from behind the row `after`."""
    query = select(AuditRow)
    if action is not None:
        query = query.where(AuditRow.action == action)
    if actor is not None:
        query = query.where(AuditRow.actor_id == actor)
    if after is not None:
        query = query.where(tuple_(AuditRow.at, AuditRow.id) < after)
    return list(await db.scalars(query.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit)))


async def of_user(db: AsyncSession, user_id: UUID, after: UUID | None, limit: int) -> list[AuditRow]:
    """What a user did and what was done to them, oldest first, from behind the row `after`."""
    query = select(AuditRow).where(or_(AuditRow.actor_id == user_id, AuditRow.subject == f"user:{user_id}"))
    if after is not None:
        query = query.where(AuditRow.id > after)
    return list(await db.scalars(query.order_by(AuditRow.id).limit(limit)))
