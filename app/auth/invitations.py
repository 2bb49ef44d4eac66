"""Administrators invite people. An invitation is good for one account."""

from datetime import timedelta
from uuid import UUID

from app.audit.service import AuditService
from app.auth import invitation_repository, repository
from app.auth.access import require
from app.auth.current import CurrentUser
from app.auth.letters import Visitor, letter
from app.auth.models import Invitation
from app.auth.registration import email_taken, invitation_invalid, normalise_email, registration_closed
from app.auth.schemas import InvitationCreate, InvitationCreated, InvitationView
from app.auth.tokens import new_token, token_hash
from app.config import Settings
from app.db import Database, now
from app.errors import Conflict, NotFound
from app.mail import Mail, Mailer

SHOWN = 500


class InvitationService:
    """They work while registration is `open` or `invite`, not while it is `closed`."""

    def __init__(self, db: Database, settings: Settings, mailer: Mailer, audit: AuditService) -> None:
        self._db = db
        self._closed = settings.auth.registration == "closed"
        self._mailer = mailer
        self._audit = audit

    async def create(self, user: CurrentUser, body: InvitationCreate, visitor: Visitor) -> InvitationCreated:
        """The token is in this answer, in the mail, and nowhere else.

        Raises Forbidden, Invalid (`invalid_email`), Conflict (`email_taken`, `invitations_closed`).
        """
        require(user, "admin")
        if self._closed:
            raise Conflict("Registration is closed, so an invitation would not work.", code="invitations_closed")
        email = normalise_email(body.email) if body.email else None
        token = new_token()
        row = Invitation(
            token_hash=token_hash(token),
            email=email,
            role=body.role,
            created_by=user.id,
            expires_at=now() + timedelta(days=body.expires_days),
        )
        async with self._db.transaction() as db:
            if email is not None and await repository.user_by_email(db, email) is not None:
                raise email_taken()
            db.add(row)
            await db.flush()
            self._audit.record("invitation.created", user, f"invitation:{row.id}", db=db, role=row.role)
        path = f"/invite/{token}"
        mailed = email is not None and self._mailer.enabled
        if email is not None:
            mail = letter("invitation", email, visitor, path)

            async def compose() -> Mail:
                return mail

            self._mailer.post(compose)
        view = InvitationView.model_validate(row).model_dump()
        return InvitationCreated(**view, token=token, url=visitor.base + path, mailed=mailed)

    async def list(self, user: CurrentUser) -> list[InvitationView]:
        """The newest. Raises Forbidden."""
        require(user, "admin")
        async with self._db.reading() as db:
            return [InvitationView.model_validate(row) for row in await invitation_repository.newest(db, SHOWN)]

    async def revoke(self, user: CurrentUser, invitation_id: UUID) -> None:
        """From now on it lets nobody in; an account made with it stays. Raises Forbidden, NotFound."""
        require(user, "admin")
        async with self._db.transaction() as db:
            if not await invitation_repository.remove(db, invitation_id):
                raise NotFound("There is no such invitation.", code="invitation_not_found")
            self._audit.record("invitation.revoked", user, f"invitation:{invitation_id}", db=db)

    async def address_of(self, token: str) -> str | None:
        """The address that an invitation is for; None when it is for anybody. Raises Forbidden (`registration_closed`,
        `invitation_invalid`)."""
        if self._closed:
            raise registration_closed()
        async with self._db.reading() as db:
            found = await invitation_repository.usable(db, token_hash(token), now())
        if found is None:
            raise invitation_invalid()
        return found.email
