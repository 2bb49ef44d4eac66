"""A signed-in person proves again that it is they."""

from app.audit.service import AuditService
from app.auth import repository
from app.auth.current import CurrentUser
from app.auth.passwords import PasswordHasher
from app.auth.throttle import Throttle
from app.db import Database
from app.errors import Forbidden, RateLimited


class PasswordProof:
    """The present password, counted like sign-ins."""

    def __init__(self, db: Database, hasher: PasswordHasher, throttle: Throttle, audit: AuditService) -> None:
        self._db = db
        self._hasher = hasher
        self._audit = audit
        self.throttle = throttle

    async def check(self, user: CurrentUser, password: str) -> None:
        """Raises Forbidden (`wrong_password`), RateLimited (`too_many_attempts`), NotFound."""
        try:
            self.throttle.check(user.email, None)
        except RateLimited:
            self._audit.record("signin.locked", user, f"user:{user.id}")
            raise
        async with self._db.reading() as db:
            row = await repository.own_account(db, user.id)
        right, _ = await self._hasher.verify(password, row.hashed_password)
        if not right:
            self.throttle.failed(user.email, None)
            self._audit.record("password.wrong", user, f"user:{user.id}")
            raise Forbidden("The current password is wrong.", code="wrong_password")
