"""Checks the code of the second factor. A code is good once."""

import time
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import totp_repository as repository
from app.auth.models import User
from app.auth.otp import DIGITS, Sealer, matching_step, plain
from app.auth.tokens import token_hash
from app.db import Database

log = structlog.get_logger(__name__)


class SecondFactor:
    """For accounts with `totp_enabled`, at every door that takes a password."""

    def __init__(self, db: Database, secret: str) -> None:
        self._db = db
        self.sealer = Sealer(secret)

    async def accepts(self, user: User, code: str) -> bool:
        """Whether this is a fresh code of the authenticator app, or an unused recovery code. Either is used up."""
        async with self._db.transaction() as db:
            return await self.use(db, user, code)

    async def use(self, db: AsyncSession, user: User, code: str) -> bool:
        """As `accepts`, inside the caller's transaction."""
        code = plain(code)
        if len(code) != DIGITS:
            return await repository.use_recovery_code(db, user.id, hash_recovery(user.id, code))
        secret = self.sealer.open(user.totp_secret or "")
        if secret is None:
            log.warning("second factor was sealed with another CHAT_AUTH__SECRET", user_id=str(user.id))
            return False
        step = matching_step(secret, code, time.time())
        return step is not None and await repository.use_step(db, user.id, step)


def hash_recovery(user_id: UUID, code: str) -> str:
    """What the database keeps of a recovery code."""
    return token_hash(f"{user_id} {plain(code)}")
