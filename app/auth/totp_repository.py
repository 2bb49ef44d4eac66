"""All SQL about second factors."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, delete, or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import RecoveryCode, User
from app.auth.repository import column


async def set_pending(db: AsyncSession, user_id: UUID, sealed: str) -> bool:
    """Store a secret that is not yet in force; False when the account has one in force."""
    statement = update(User).where(column(User.id) == user_id, User.totp_enabled.is_(False))
    return await _one(db, statement.values(totp_secret=sealed, totp_step=None))


async def use_step(db: AsyncSession, user_id: UUID, step: int) -> bool:
    """False when a code of this time step, or of a later one, was used before; also by two at the same time."""
    fresh = or_(User.totp_step.is_(None), User.totp_step < step)
    return await _one(db, update(User).where(column(User.id) == user_id, fresh).values(totp_step=step))


async def enable(db: AsyncSession, user_id: UUID, code_hashes: Sequence[str]) -> None:
    """The pending secret is in force from now on."""
    await db.execute(update(User).where(column(User.id) == user_id).values(totp_enabled=True))
    await db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    db.add_all([RecoveryCode(user_id=user_id, code_hash=code_hash) for code_hash in code_hashes])


async def remove(db: AsyncSession, user_id: UUID) -> None:
    """The password is enough from now on."""
    values = {"totp_enabled": False, "totp_secret": None, "totp_step": None}
    await db.execute(update(User).where(column(User.id) == user_id).values(values))
    await db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


async def use_recovery_code(db: AsyncSession, user_id: UUID, code_hash: str) -> bool:
    """False when there is no such code, or no longer."""
    return await _one(
        db, delete(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash)
    )


async def _one(db: AsyncSession, statement: Any) -> bool:
    result: CursorResult[Any] = await db.execute(statement)  # type: ignore[assignment]
    return result.rowcount == 1
