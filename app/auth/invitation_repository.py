"""All SQL about invitations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import Invitation


async def usable(db: AsyncSession, token_hash: str, at: datetime) -> Invitation | None:
    """The invitation with this token, unless it was used or has expired."""
    query = select(Invitation).where(
        Invitation.token_hash == token_hash, Invitation.used_at.is_(None), Invitation.expires_at > at
    )
    invitation: Invitation | None = await db.scalar(query)
    return invitation


async def use(db: AsyncSession, invitation_id: UUID, user_id: UUID, at: datetime) -> bool:
    """Of several at once one gets True."""
    unused = (Invitation.id == invitation_id, Invitation.used_at.is_(None), Invitation.expires_at > at)
    statement = update(Invitation).where(*unused).values(used_at=at, used_by=user_id)
    result: CursorResult[Any] = await db.execute(statement)  # type: ignore[assignment]
    return result.rowcount == 1


async def newest(db: AsyncSession, limit: int) -> list[Invitation]:
    """Newest first."""
    return list(await db.scalars(select(Invitation).order_by(Invitation.id.desc()).limit(limit)))


async def remove(db: AsyncSession, invitation_id: UUID) -> bool:
    """True when there was one to delete."""
    result: CursorResult[Any] = await db.execute(delete(Invitation).where(Invitation.id == invitation_id))  # type: ignore[assignment]
    return result.rowcount == 1
