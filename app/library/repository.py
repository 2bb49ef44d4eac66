"""All SQL of the library. Every statement names the owner: somebody else's row is not found."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.library.models import Preset, SavedPrompt

Row = TypeVar("Row", Preset, SavedPrompt)


async def presets(db: AsyncSession, user_id: UUID) -> list[Preset]:
    """By name."""
    query = select(Preset).where(Preset.user_id == user_id).order_by(func.lower(Preset.name), Preset.id)
    return list(await db.scalars(query))


async def prompts(db: AsyncSession, user_id: UUID) -> list[SavedPrompt]:
    """By title."""
    query = select(SavedPrompt).where(SavedPrompt.user_id == user_id)
    return list(await db.scalars(query.order_by(func.lower(SavedPrompt.title), SavedPrompt.id)))


async def default_preset(db: AsyncSession, user_id: UUID) -> Preset | None:
    """What new conversations begin with."""
    query = select(Preset).where(Preset.user_id == user_id, Preset.is_default).limit(1)
    row: Preset | None = await db.scalar(query)
    return row


async def no_default(db: AsyncSession, user_id: UUID) -> None:
    """None of the presets is the default."""
    await db.execute(update(Preset).where(Preset.user_id == user_id, Preset.is_default).values(is_default=False))


async def count(db: AsyncSession, table: type[Row], user_id: UUID) -> int:
    """How many there are."""
    return int(await db.scalar(select(func.count()).select_from(table).where(table.user_id == user_id)) or 0)


async def owned(db: AsyncSession, table: type[Row], user_id: UUID, row_id: UUID) -> Row | None:
    """One row of this user."""
    row: Row | None = await db.scalar(select(table).where(table.id == row_id, table.user_id == user_id))
    return row


async def remove(db: AsyncSession, table: type[Row], user_id: UUID, row_id: UUID) -> bool:
    """True when there was one to delete."""
    statement = delete(table).where(table.id == row_id, table.user_id == user_id)
    result: CursorResult[Any] = await db.execute(statement)  # type: ignore[assignment]
    return result.rowcount == 1
