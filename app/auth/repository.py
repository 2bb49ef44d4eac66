"""All SQL about users, sessions and API keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import ApiKey, Session, User


def column(attribute: Any) -> ColumnElement[Any]:
    """fastapi-users declares its columns as plain values for type checkers."""
    element: ColumnElement[Any] = attribute
    return element


async def user_by_email(db: AsyncSession, email: str) -> User | None:
    """The account with this address, in whatever case it is written."""
    query = select(User).where(column(User.email) == email.lower())
    user: User | None = await db.scalar(query)
    return user


async def user_by_id(db: AsyncSession, user_id: UUID) -> User | None:
    """The account with this id."""
    return await db.get(User, user_id)


async def count_admins(db: AsyncSession) -> int:
    """How many active administrators there are."""
    query = select(func.count()).select_from(User).where(User.role == "admin", column(User.is_active))
    return await db.scalar(query) or 0


async def any_user(db: AsyncSession) -> bool:
    """Whether any account exists."""
    return await db.scalar(select(User.id).limit(1)) is not None


async def user_of_session(db: AsyncSession, token_hash: str, at: datetime) -> User | None:
    """The active owner of a session that has not expired."""
    query = (
        select(User)
        .join(Session, Session.user_id == User.id)
        .where(Session.token_hash == token_hash, Session.expires_at > at, column(User.is_active))
    )
    user: User | None = await db.scalar(query)
    return user


async def delete_session(db: AsyncSession, token_hash: str) -> None:
    """Sign one browser or program out."""
    await db.execute(delete(Session).where(Session.token_hash == token_hash))


async def delete_sessions_of(db: AsyncSession, user_id: UUID) -> None:
    """Sign a user out everywhere."""
    await db.execute(delete(Session).where(Session.user_id == user_id))


async def delete_expired_sessions(db: AsyncSession, at: datetime) -> None:
    """Housekeeping at start."""
    await db.execute(delete(Session).where(Session.expires_at <= at))


async def set_password(db: AsyncSession, user_id: UUID, hashed_password: str) -> None:
    """Store a new hash."""
    await db.execute(update(User).where(User.id == user_id).values(hashed_password=hashed_password))


async def keys_of(db: AsyncSession, user_id: UUID) -> list[ApiKey]:
    """Newest first."""
    query = select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
    return list(await db.scalars(query))


async def user_of_key(db: AsyncSession, key_hash: str, at: datetime) -> tuple[User, ApiKey] | None:
    """The active owner of a key that has not expired, and the key."""
    query = (
        select(User, ApiKey)
        .join(ApiKey, ApiKey.user_id == User.id)
        .where(
            ApiKey.key_hash == key_hash,
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > at),
            column(User.is_active),
        )
    )
    row = (await db.execute(query)).one_or_none()
    return (row[0], row[1]) if row is not None else None


async def key_used(db: AsyncSession, key_id: UUID, at: datetime) -> None:
    """Remember when a key was used."""
    await db.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=at))


async def delete_key(db: AsyncSession, user_id: UUID, key_id: UUID) -> bool:
    """True when there was one to delete."""
    statement = delete(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user_id)
    result: CursorResult[Any] = await db.execute(statement)  # type: ignore[assignment]
    return result.rowcount == 1
