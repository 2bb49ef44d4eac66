"""What people change about their own account. The present password proves that it is they."""

from sqlalchemy.exc import IntegrityError

from app.audit.service import AuditService
from app.auth import repository
from app.auth.current import CurrentUser
from app.auth.letters import Visitor
from app.auth.links import MailedLinks
from app.auth.passwords import PasswordHasher
from app.auth.proof import PasswordProof
from app.auth.registration import email_taken, normalise_email
from app.auth.schemas import UserUpdate, UserView
from app.auth.session_cache import SessionCache
from app.db import Database


class AccountService:
    """Changes end all sessions, so that whoever had got hold of one is out."""

    def __init__(
        self,
        db: Database,
        hasher: PasswordHasher,
        proof: PasswordProof,
        cache: SessionCache,
        links: MailedLinks,
        audit: AuditService,
    ) -> None:
        self._db = db
        self._hasher = hasher
        self._proof = proof
        self._cache = cache
        self._links = links
        self._audit = audit

    async def update(self, user: CurrentUser, body: UserUpdate, visitor: Visitor | None = None) -> UserView:
        """A new password or address. All sessions end and mailed links die; API keys stay. A new address gets a mail
        in the language of `visitor`.

        Raises Forbidden (`wrong_password`), Invalid (`weak_password`, `invalid_email`), Conflict (`email_taken`).
        """
        await self._proof.check(user, body.current_password)
        email = normalise_email(body.email) if body.email is not None else None
        hashed = None
        if body.password is not None:
            hashed = await self._hasher.hash(body.password, email or user.email)
        try:
            async with self._db.transaction() as db:
                row = await repository.own_account(db, user.id)
                moved = email is not None and email != row.email
                if hashed is not None:
                    row.hashed_password = hashed
                    self._audit.record("password.changed", user, f"user:{user.id}", db=db)
                if email is not None and moved:
                    row.email, row.is_verified = email, False
                    self._audit.record("email.changed", user, f"user:{user.id}", db=db)
                await repository.delete_mailed_tokens(db, user.id)
                ended = await repository.delete_sessions_of(db, user.id)
        except IntegrityError as error:
            raise email_taken() from error
        await self._cache.forget(ended)
        if moved and visitor is not None:
            self._links.send_verification(row.email, visitor)
        return UserView.model_validate(row)

    async def sign_out_everywhere(self, user: CurrentUser) -> None:
        """End all sessions, this one too."""
        async with self._db.transaction() as db:
            ended = await repository.delete_sessions_of(db, user.id)
            self._audit.record("signout.everywhere", user, f"user:{user.id}", db=db)
        await self._cache.forget(ended)

    async def delete(self, user: CurrentUser, password: str) -> None:
        """The account with everything that belongs to it. The caller then stops its answers.

        Raises Forbidden (`wrong_password`), Conflict (`last_admin`): somebody must be able to administrate.
        """
        await self._proof.check(user, password)
        async with self._db.transaction() as db:
            row = await repository.own_account(db, user.id)
            await repository.keep_an_admin(db, row)
            ended = await repository.delete_sessions_of(db, user.id)
            await db.delete(row)
            self._audit.record("user.deleted", user, f"user:{user.id}", db=db)
        await self._cache.forget(ended)
