"""What people change about their own account. The present password proves that it is they."""

import structlog
from sqlalchemy.exc import IntegrityError

from app.auth import repository
from app.auth.current import CurrentUser
from app.auth.models import User
from app.auth.passwords import PasswordHasher, check_password
from app.auth.schemas import UserUpdate, UserView
from app.auth.service import email_taken, normalise_email
from app.auth.throttle import Throttle
from app.db import Database
from app.errors import Conflict, Forbidden, NotFound

log = structlog.get_logger(__name__)


class AccountService:
    """Changes end all sessions, so that whoever had got hold of one is out."""

    def __init__(self, db: Database, hasher: PasswordHasher, throttle: Throttle) -> None:
        self._db = db
        self._hasher = hasher
        self._throttle = throttle

    async def update(self, user: CurrentUser, body: UserUpdate) -> UserView:
        """A new password or address. All sessions end; API keys stay.

        Raises Forbidden (`wrong_password`), Invalid (`weak_password`, `invalid_email`), Conflict (`email_taken`).
        """
        await self._prove(user, body.current_password)
        email = normalise_email(body.email) if body.email is not None else None
        hashed = None
        if body.password is not None:
            check_password(body.password, email or user.email)
            hashed = await self._hasher.hash(body.password)
        try:
            async with self._db.transaction() as db:
                row = _found(await repository.user_by_id(db, user.id))
                if hashed is not None:
                    row.hashed_password = hashed
                if email is not None and email != row.email:
                    row.email, row.is_verified = email, False
                await repository.delete_sessions_of(db, user.id)
        except IntegrityError as error:
            raise email_taken() from error
        log.info("account changed", user_id=str(user.id), password=hashed is not None, address=email is not None)
        return UserView.model_validate(row)

    async def sign_out_everywhere(self, user: CurrentUser) -> None:
        """End all sessions, this one too."""
        async with self._db.transaction() as db:
            await repository.delete_sessions_of(db, user.id)
        log.info("signed out everywhere", user_id=str(user.id))

    async def delete(self, user: CurrentUser, password: str) -> None:
        """The account with everything that belongs to it. The caller then stops its answers.

        Raises Forbidden (`wrong_password`), Conflict (`last_admin`): somebody must be able to administrate.
        """
        await self._prove(user, password)
        async with self._db.transaction() as db:
            row = _found(await repository.user_by_id(db, user.id))
            if row.role == "admin" and await repository.count_admins(db) == 1:
                raise Conflict("You are the only administrator. Make another one first.", code="last_admin")
            await db.delete(row)
        log.info("account deleted", user_id=str(user.id))

    async def _prove(self, user: CurrentUser, password: str) -> None:
        self._throttle.check(user.email, None)
        async with self._db.reading() as db:
            row = _found(await repository.user_by_id(db, user.id))
        right, _ = await self._hasher.verify(password, row.hashed_password)
        if not right:
            self._throttle.failed(user.email, None)
            raise Forbidden("The current password is wrong.", code="wrong_password")


def _found(row: User | None) -> User:
    if row is None:
        raise NotFound("This account no longer exists.")
    return row
