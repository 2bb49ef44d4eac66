"""Mailed links: choose a new password, confirm an address. A link is good once and for a while."""

from datetime import timedelta
from typing import Literal

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.service import AuditService
from app.auth import repository
from app.auth.letters import Visitor, letter
from app.auth.models import MailedToken, User
from app.auth.passwords import PasswordHasher
from app.auth.session_cache import SessionCache
from app.auth.tokens import new_token, token_hash
from app.db import Database, now
from app.errors import Invalid
from app.mail import Mail, Mailer

Kind = Literal["reset", "verify"]
LIFETIMES: dict[Kind, timedelta] = {"reset": timedelta(hours=1), "verify": timedelta(hours=24)}
# Nobody's mailbox is filled by a stranger; more are dropped without a word.
PER_ADDRESS = parse("5/15minutes")


class MailedLinks:
    """Asking for a link always looks the same: the account is looked up and the mail is written in the background."""

    def __init__(
        self, db: Database, mailer: Mailer, hasher: PasswordHasher, cache: SessionCache, audit: AuditService
    ) -> None:
        self._db = db
        self._mailer = mailer
        self._hasher = hasher
        self._cache = cache
        self._audit = audit
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    @property
    def enabled(self) -> bool:
        """Whether mails can be sent at all."""
        return self._mailer.enabled

    def send_reset(self, email: str, visitor: Visitor) -> None:
        """A link to choose a new password, to the owner of an account."""
        self._mailer.post(lambda: self._with_link("reset", email, visitor))

    def send_verification(self, email: str, visitor: Visitor) -> None:
        """A link that confirms the address of an account, unless it is confirmed already."""
        self._mailer.post(lambda: self._with_link("verify", email, visitor))

    def send_taken(self, email: str, visitor: Visitor) -> None:
        """Somebody tried to register an address that has an account: its owner is told."""

        async def compose() -> Mail | None:
            return letter("taken", email, visitor, "/forgot") if self._may(email) else None

        self._mailer.post(compose)

    async def reset(self, token: str, password: str) -> None:
        """Set a new password. Signs out everywhere; the address counts as confirmed, for the link came by mail.

        Raises Invalid (`link_invalid`, `weak_password`).
        """
        async with self._db.reading() as db:
            user = await repository.user_of_mailed_token(db, token_hash(token), "reset", now())
        if user is None:
            raise link_invalid()
        hashed = await self._hasher.hash(password, user.email)
        async with self._db.transaction() as db:
            row = await self._use(db, "reset", token)
            row.hashed_password, row.is_verified = hashed, True
            ended = await repository.delete_sessions_of(db, row.id)
            self._audit.record("password.reset", subject=f"user:{row.id}", db=db)
        await self._cache.forget(ended)

    async def verify(self, token: str) -> None:
        """The address belongs to who registered it. Raises Invalid (`link_invalid`)."""
        async with self._db.transaction() as db:
            row = await self._use(db, "verify", token)
            row.is_verified = True
            self._audit.record("email.verified", subject=f"user:{row.id}", db=db)

    async def _use(self, db: AsyncSession, kind: Kind, token: str) -> User:
        user = await repository.use_mailed_token(db, token_hash(token), kind, now())
        if user is None:
            raise link_invalid()
        return user

    async def _with_link(self, kind: Kind, email: str, visitor: Visitor) -> Mail | None:
        email = email.strip()
        if "\x00" in email or not self._may(email):
            return None
        token = new_token()
        async with self._db.transaction() as db:
            user = await repository.user_by_email(db, email)
            if user is None or not user.is_active or (kind == "verify" and user.is_verified):
                return None
            db.add(
                MailedToken(
                    token_hash=token_hash(token), user_id=user.id, kind=kind, expires_at=now() + LIFETIMES[kind]
                )
            )
            if kind == "reset":
                self._audit.record("password.reset_requested", subject=f"user:{user.id}", db=db)
        return letter(kind, user.email, visitor, f"/{kind}?token={token}")

    def _may(self, email: str) -> bool:
        return self._windows.hit(PER_ADDRESS, email.lower())


def link_invalid() -> Invalid:
    """The 422 for a link that is unknown, used or too old."""
    return Invalid("This link was used already, or it is too old. Ask for a new one.", code="link_invalid")
