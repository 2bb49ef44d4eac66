"""All SQL about users, sessions, API keys and mailed links."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.current import CurrentUser
from app.auth.models import ApiKey, MailedToken, Session, User
from app.errors import Conflict, NotFound


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


async def keep_an_admin(db: AsyncSession, user: User) -> None:
    """To be called before an administrator is lost. Raises Conflict (`last_admin`).

    The rows are locked: two administrators who remove each other at the same moment must not both succeed.
    """
    query = select(User.id).where(User.role == "admin", column(User.is_active)).order_by(User.id).with_for_update()
    admins = list(await db.scalars(query))
    if admins == [user.id]:
        raise Conflict("This is the only administrator. Make another one first.", code="last_admin")


async def own_account(db: AsyncSession, user_id: UUID) -> User:
    """The account of who is signed in. Raises NotFound when it was deleted meanwhile."""
    user = await user_by_id(db, user_id)
    if user is None:
        raise NotFound("This account no longer exists.")
    return user


async def any_user(db: AsyncSession) -> bool:
    """Whether any account exists."""
    return await db.scalar(select(User.id).limit(1)) is not None


async def owner_of_session(
    db: AsyncSession, token_hash: str, kind: str, at: datetime
) -> tuple[CurrentUser, datetime | None] | None:
    """The active owner of a session of this kind that has not expired, and when it was used last, as far as that was
    written."""
    seen = func.coalesce(Session.last_seen_at, Session.created_at)
    query = (
        select(column(User.id), column(User.email), User.role, seen)
        .join(Session, Session.user_id == User.id)
        .where(Session.token_hash == token_hash, Session.kind == kind, Session.expires_at > at, column(User.is_active))
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else (CurrentUser(row[0], row[1], row[2], kind), row[3])  # type: ignore[arg-type]


async def living_sessions(db: AsyncSession, token_hashes: Collection[str], at: datetime) -> set[str]:
    """Those of the sessions that have not ended and whose owner is active."""
    query = (
        select(Session.token_hash)
        .join(User, Session.user_id == User.id)
        .where(Session.token_hash.in_(token_hashes), Session.expires_at > at, column(User.is_active))
    )
    return set(await db.scalars(query))


async def sessions_of(db: AsyncSession, user_id: UUID, at: datetime) -> list[Session]:
    """Those that have not expired, newest use first."""
    query = select(Session).where(Session.user_id == user_id, Session.expires_at > at)
    used = func.coalesce(Session.last_seen_at, Session.created_at)
    return list(await db.scalars(query.order_by(used.desc(), Session.token_hash)))


async def session_seen(db: AsyncSession, token_hash: str, at: datetime) -> None:
    """Remember when a session was used."""
    await db.execute(update(Session).where(Session.token_hash == token_hash).values(last_seen_at=at))


async def delete_session(db: AsyncSession, token_hash: str) -> None:
    """Sign one browser or program out."""
    await db.execute(delete(Session).where(Session.token_hash == token_hash))


async def delete_sessions_of(db: AsyncSession, user_id: UUID) -> list[str]:
    """Sign a user out everywhere. Returns the hashes of the ended sessions."""
    return list(await db.scalars(delete(Session).where(Session.user_id == user_id).returning(Session.token_hash)))


async def delete_expired(db: AsyncSession, at: datetime) -> None:
    """Housekeeping at start: sessions and mailed links."""
    await db.execute(delete(Session).where(Session.expires_at <= at))
    await db.execute(delete(MailedToken).where(MailedToken.expires_at <= at))


async def set_password(db: AsyncSession, user_id: UUID, hashed_password: str) -> None:
    """Store a new hash."""
    await db.execute(update(User).where(User.id == user_id).values(hashed_password=hashed_password))


async def keys_of(db: AsyncSession, user_id: UUID) -> list[ApiKey]:
    """Newest first."""
    query = select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
    return list(await db.scalars(query))


async def users_of_keys(
    db: AsyncSession, key_hashes: Collection[str], at: datetime
) -> list[tuple[str, CurrentUser, datetime | None]]:
    """Of these keys those that have not expired and whose owner is active: hash, owner, last use."""
    owner = [column(User.id), column(User.email), column(User.role)]
    query: Any = (
        select(ApiKey.key_hash, ApiKey.id, ApiKey.scopes, ApiKey.last_used_at, *owner)
        .join(User, ApiKey.user_id == User.id)
        .where(
            ApiKey.key_hash.in_(key_hashes),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > at),
            column(User.is_active),
        )
    )
    rows: Sequence[Any] = (await db.execute(query)).all()
    return [
        (key_hash, CurrentUser(user_id, email, role, "key", frozenset(scopes), key_id), last_used_at)
        for key_hash, key_id, scopes, last_used_at, user_id, email, role in rows
    ]


async def key_used(db: AsyncSession, key_id: UUID, at: datetime) -> None:
    """Remember when a key was used."""
    await db.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=at))


async def delete_key(db: AsyncSession, user_id: UUID, key_id: UUID) -> bool:
    """True when there was one to delete."""
    statement = delete(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user_id)
    result: CursorResult[Any] = await db.execute(statement)  # type: ignore[assignment]
    return result.rowcount == 1


async def delete_any_key(db: AsyncSession, key_id: UUID) -> UUID | None:
    """Whoever it belongs to. Returns whose it was."""
    owner: UUID | None = await db.scalar(delete(ApiKey).where(ApiKey.id == key_id).returning(ApiKey.user_id))
    return owner


async def search_keys(db: AsyncSession, words: str, before: UUID | None, limit: int) -> list[tuple[ApiKey, str]]:
    """Keys, with the addresses of their owners, of those whose address contains `words`: newest first, from behind the
    key `before`."""
    query = select(ApiKey, column(User.email)).join(User, ApiKey.user_id == User.id)
    if words:
        query = query.where(column(User.email).contains(words.lower(), autoescape=True))
    if before is not None:
        query = query.where(ApiKey.id < before)
    return [(row[0], row[1]) for row in await db.execute(query.order_by(ApiKey.id.desc()).limit(limit))]


def _of_mailed_token(token_hash: str, kind: str, at: datetime) -> Any:
    return MailedToken.token_hash == token_hash, MailedToken.kind == kind, MailedToken.expires_at > at


async def user_of_mailed_token(
    db: AsyncSession, token_hash: str, kind: str, at: datetime, *, lock: bool = False
) -> User | None:
    """The active account that an unused link is for."""
    query = select(User).join(MailedToken, MailedToken.user_id == User.id)
    query = query.where(*_of_mailed_token(token_hash, kind, at))
    if lock:
        query = query.with_for_update(of=User)
    user: User | None = await db.scalar(query.where(column(User.is_active)))
    return user


async def use_mailed_token(db: AsyncSession, token_hash: str, kind: str, at: datetime) -> User | None:
    """As `user_of_mailed_token`, and the link dies with all others of its kind. Of two at once one gets the account."""
    user = await user_of_mailed_token(db, token_hash, kind, at, lock=True)
    if user is None:
        return None
    used = await db.scalar(
        delete(MailedToken).where(*_of_mailed_token(token_hash, kind, at)).returning(MailedToken.user_id)
    )
    await db.execute(delete(MailedToken).where(MailedToken.user_id == user.id, MailedToken.kind == kind))
    return user if used is not None else None


async def delete_mailed_tokens(db: AsyncSession, user_id: UUID) -> None:
    """No link that was mailed before works any longer."""
    await db.execute(delete(MailedToken).where(MailedToken.user_id == user_id))


async def search_users(db: AsyncSession, words: str, before: UUID | None, limit: int) -> list[User]:
    """Accounts whose address contains `words`, newest first, from behind the account `before`. Ids are in the order of
    time."""
    query = select(User).order_by(column(User.id).desc()).limit(limit)
    if words:
        query = query.where(column(User.email).contains(words.lower(), autoescape=True))
    if before is not None:
        query = query.where(column(User.id) < before)
    return list(await db.scalars(query))


async def addresses(db: AsyncSession, ids: set[UUID]) -> dict[UUID, str]:
    """E-mail addresses by id, of those accounts that are there."""
    rows = await db.execute(select(column(User.id), column(User.email)).where(column(User.id).in_(ids)))
    return {row[0]: row[1] for row in rows}
