"""All SQL about announcements."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.announcements.models import AnnouncementRow


async def announcements(db: AsyncSession) -> list[AnnouncementRow]:
    """Newest first."""
    return list(await db.scalars(select(AnnouncementRow).order_by(AnnouncementRow.id.desc())))


async def announcement(db: AsyncSession, announcement_id: UUID) -> AnnouncementRow | None:
    """One of them."""
    return await db.get(AnnouncementRow, announcement_id)


async def count(db: AsyncSession) -> int:
    """How many there are."""
    return int(await db.scalar(select(func.count()).select_from(AnnouncementRow)) or 0)
