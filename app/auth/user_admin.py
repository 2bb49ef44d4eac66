"""Administrators look after accounts; the operator does the same from the command line."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.service import AuditService
from app.auth import repository, totp_repository
from app.auth.access import require
from app.auth.current import CurrentUser
from app.auth.models import User
from app.auth.passwords import PasswordHasher
from app.auth.schemas import ManagedUser, UserChange, UserPage
from app.auth.session_cache import SessionCache
from app.conversations.cursor import read_id_cursor
from app.db import Database
from app.errors import NotFound


class UserAdmin:
    """Whoever loses something by a change is signed out everywhere at once."""

    def __init__(self, db: Database, hasher: PasswordHasher, cache: SessionCache, audit: AuditService) -> None:
        self._db = db
        self._hasher = hasher
        self._cache = cache
        self._audit = audit

    async def page(self, user: CurrentUser, words: str = "", cursor: str | None = None, limit: int = 50) -> UserPage:
        """Accounts whose address contains `words`, newest first. Raises Forbidden, Invalid (`invalid_cursor`)."""
        require(user, "admin")
        before = read_id_cursor(cursor)
        async with self._db.reading() as db:
            rows = await repository.search_users(db, words.strip(), before, limit + 1)
        following = str(rows[limit - 1].id) if len(rows) > limit else None
        return UserPage(items=[ManagedUser.model_validate(row) for row in rows[:limit]], next=following)

    async def addresses(self, user: CurrentUser, ids: Iterable[UUID]) -> dict[UUID, str]:
        """The e-mail addresses of those accounts that are still there. Raises Forbidden."""
        require(user, "admin")
        async with self._db.reading() as db:
            return await repository.addresses(db, set(ids))

    async def change(self, user: CurrentUser, user_id: UUID, body: UserChange) -> ManagedUser:
        """Role, access, second factor. A new role or a lost access ends all sessions; the caller stops the answers.

        Raises Forbidden, NotFound (`user_not_found`), Conflict (`last_admin`).
        """
        require(user, "admin")
        ended: list[str] | None = None
        subject = f"user:{user_id}"
        async with self._db.transaction() as db:
            row = await _found(db, user_id)
            role_changes = body.role is not None and body.role != row.role
            disabled = body.is_active is False and row.is_active
            if (role_changes or disabled) and row.role == "admin":
                await repository.keep_an_admin(db, row)
            if role_changes and body.role is not None:
                self._audit.record("role.changed", user, subject, db=db, before=row.role, after=body.role)
                row.role, row.is_superuser = body.role, body.role == "admin"
            if body.is_active is not None and body.is_active != row.is_active:
                row.is_active = body.is_active
                self._audit.record("user.enabled" if body.is_active else "user.disabled", user, subject, db=db)
            if body.remove_totp and row.totp_secret is not None:
                await totp_repository.remove(db, user_id)
                self._audit.record("totp.disabled", user, subject, db=db)
            if role_changes or disabled:
                ended = await repository.delete_sessions_of(db, user_id)
            await db.flush()
            await db.refresh(row)
        if ended is not None:
            await self._cache.forget(ended)
        return ManagedUser.model_validate(row)

    async def delete(self, user: CurrentUser, user_id: UUID) -> None:
        """The account with everything that belongs to it. The caller then stops its answers.

        Raises Forbidden, NotFound (`user_not_found`), Conflict (`last_admin`).
        """
        require(user, "admin")
        async with self._db.transaction() as db:
            row = await _found(db, user_id)
            await repository.keep_an_admin(db, row)
            ended = await repository.delete_sessions_of(db, user_id)
            await db.delete(row)
            self._audit.record("user.deleted", user, f"user:{user_id}", db=db)
        await self._cache.forget(ended)

    async def set_password(self, email: str, password: str, *, remove_totp: bool = False) -> UUID:
        """From the command line: a new password, and signed out everywhere. The operator vouches for the address.

        Raises NotFound, Invalid (`weak_password`).
        """
        hashed = await self._hasher.hash(password, email)
        async with self._db.transaction() as db:
            row = await repository.user_by_email(db, email.strip())
            if row is None:
                raise NotFound(f"There is no account with the address {email}.")
            row.hashed_password, row.is_verified = hashed, True
            if remove_totp:
                await totp_repository.remove(db, row.id)
                self._audit.record("totp.disabled", subject=f"user:{row.id}", db=db)
            await repository.delete_mailed_tokens(db, row.id)
            ended = await repository.delete_sessions_of(db, row.id)
            self._audit.record("password.reset", subject=f"user:{row.id}", db=db)
        await self._cache.forget(ended)
        return row.id


async def _found(db: AsyncSession, user_id: UUID) -> User:
    row = await repository.user_by_id(db, user_id)
    if row is None:
        raise NotFound("There is no such account.", code="user_not_found")
    return row
