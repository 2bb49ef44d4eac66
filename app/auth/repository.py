"""All SQL about users and sessions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import Session, User


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
