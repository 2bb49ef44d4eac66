"""All SQL about folders. Every statement names the owner: somebody else's folder is not found."""

from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.models import Folder


async def folders(db: AsyncSession, user_id: UUID) -> list[Folder]:
    """In their order."""
    query = select(Folder).where(Folder.user_id == user_id)
    return list(await db.scalars(query.order_by(Folder.position, Folder.name, Folder.id)))


async def folder(db: AsyncSession, user_id: UUID, folder_id: UUID) -> Folder | None:
    """One folder of this user, which stays until the transaction has ended."""
    query = select(Folder).where(Folder.id == folder_id, Folder.user_id == user_id)
    row: Folder | None = await db.scalar(query.with_for_update(read=True, key_share=True))
    return row


async def count_and_last(db: AsyncSession, user_id: UUID) -> tuple[int, int]:
    """How many there are, and the position of the last."""
    query = select(func.count(), func.coalesce(func.max(Folder.position), -1)).where(Folder.user_id == user_id)
    count, last = (await db.execute(query)).one()
    return count, last


async def delete_folder(db: AsyncSession, user_id: UUID, folder_id: UUID) -> bool:
    """True when there was one to delete."""
    statement = delete(Folder).where(Folder.id == folder_id, Folder.user_id == user_id)
    result: CursorResult[Any] = await db.execute(statement)  # type: ignore[assignment]
    return result.rowcount == 1
