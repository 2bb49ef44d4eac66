"""All SQL about limits."""

from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import ApiKey, User
from app.limits.models import LimitRow


async def all_limits(db: AsyncSession) -> list[LimitRow]:
    """In order of their subjects."""
    return list(await db.scalars(select(LimitRow).order_by(LimitRow.subject)))


async def user_exists(db: AsyncSession, user_id: UUID) -> bool:
    """Whether there is such an account."""
    return await db.get(User, user_id) is not None


async def key_exists(db: AsyncSession, key_id: UUID) -> bool:
    """Whether there is such an API key."""
    return await db.get(ApiKey, key_id) is not None


async def remove(db: AsyncSession, subject: str) -> bool:
    """True when there was one."""
    result: CursorResult[Any] = await db.execute(delete(LimitRow).where(LimitRow.subject == subject))  # type: ignore[assignment]
    return result.rowcount == 1
