"""Making accounts: by anybody, by invitation, or by the operator."""

from dataclasses import dataclass
from typing import Literal

import structlog
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError

from app.audit.actions import Action
from app.audit.service import AuditService
from app.auth import invitation_repository, repository
from app.auth.current import CurrentUser
from app.auth.letters import Visitor
from app.auth.links import MailedLinks
from app.auth.models import Invitation, User
from app.auth.passwords import PasswordHasher
from app.auth.schemas import UserView
from app.auth.tokens import token_hash
from app.config import Settings
from app.db import Database, new_id, now
from app.errors import Conflict, Forbidden, Invalid

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Registered:
    """What is told about a new account. With `told` false it may be invented: the address had an account, and only its
    owner hears of that, by mail (docs/decisions/0017)."""

    view: UserView
    told: bool


class Registration:
    """One e-mail address, one account."""

    def __init__(
        self, db: Database, settings: Settings, hasher: PasswordHasher, links: MailedLinks, audit: AuditService
    ) -> None:
        self._db = db
        self._settings = settings
        self._hasher = hasher
        self._links = links
        self._audit = audit

    @property
    def mode(self) -> Literal["open", "invite", "closed"]:
        """Who may make an account."""
        return self._settings.auth.registration

    async def register(
        self, email: str, password: str, visitor: Visitor, *, loopback: bool = False, invitation: str | None = None
    ) -> Registered:
        """Make an account. In development the first one made from this machine administrates.

        Raises Forbidden (`registration_closed`, `invitation_needed`, `invitation_invalid`, `invitation_for_another`),
        Invalid (`invalid_email`, `weak_password`); Conflict (`email_taken`) where that may be told: without mail, or
        when the invitation is for this very address.
        """
        found = await self._admit(invitation)
        address = normalise_email(email)
        if found is not None and found.email is not None and found.email != address:
            raise Forbidden("The invitation is for another address.", code="invitation_for_another")
        told = not self._links.enabled or (found is not None and found.email is not None)
        first_may_rule = found is None and loopback and self._settings.env == "development"
        try:
            user = await self._create(
                address, password, found.role if found else "member", admin_if_first=first_may_rule, invitation=found
            )
        except Conflict:
            if told:
                raise
            self._links.send_taken(address, visitor)
            invented = UserView(
                id=new_id(), email=address, role="member", is_verified=False, totp_enabled=False, created_at=now()
            )
            return Registered(invented if found is None else invented.model_copy(update={"role": found.role}), told)
        self._links.send_verification(address, visitor)
        return Registered(UserView.model_validate(user), told)

    async def create_admin(self, email: str, password: str) -> CurrentUser:
        """Make an administrator. Raises Invalid (`invalid_email`, `weak_password`), Conflict (`email_taken`)."""
        user = await self._create(normalise_email(email), password, "admin", by_operator=True)
        return _current(user)

    async def create_member(self, email: str, password: str) -> CurrentUser:
        """Make an ordinary account. Raises Invalid (`invalid_email`, `weak_password`), Conflict (`email_taken`)."""
        return _current(await self._create(normalise_email(email), password, "member", by_operator=True))

    async def ensure_admin(self) -> None:
        """Make the administrator of the settings unless the address is registered."""
        admin = self._settings.admin
        if admin.email is None or admin.password is None:
            return
        async with self._db.reading() as db:
            if await repository.user_by_email(db, admin.email.strip()) is not None:
                return
        await self.create_admin(admin.email, admin.password.get_secret_value())
        log.info("administrator created from the settings")

    async def _admit(self, invitation: str | None) -> Invitation | None:
        if self.mode == "closed":
            raise registration_closed()
        if invitation is None:
            if self.mode == "invite":
                raise Forbidden("You need an invitation. Ask the administrator.", code="invitation_needed")
            return None
        async with self._db.reading() as db:
            found = await invitation_repository.usable(db, token_hash(invitation), now())
        if found is None:
            raise invitation_invalid()
        return found

    async def _create(
        self,
        address: str,
        password: str,
        role: str,
        *,
        admin_if_first: bool = False,
        by_operator: bool = False,
        invitation: Invitation | None = None,
    ) -> User:
        hashed = await self._hasher.hash(password, address)
        try:
            async with self._db.transaction() as db:
                if admin_if_first and not await repository.any_user(db):
                    role = "admin"
                user = User(
                    email=address,
                    hashed_password=hashed,
                    is_active=True,
                    is_superuser=role == "admin",
                    is_verified=by_operator,
                    role=role,
                )
                db.add(user)
                await db.flush()
                action: Action = "user.created" if by_operator else "user.registered"
                actor = None if by_operator else _current(user)
                self._audit.record(action, actor, f"user:{user.id}", db=db, role=user.role)
                if invitation is not None:
                    if not await invitation_repository.use(db, invitation.id, user.id, now()):
                        raise invitation_invalid()
                    self._audit.record("invitation.used", actor, f"invitation:{invitation.id}", db=db)
        except IntegrityError as error:
            raise email_taken() from error
        return user


def email_taken() -> Conflict:
    """The 409 for an address that has an account."""
    return Conflict("This e-mail address is already registered.", code="email_taken")


def registration_closed() -> Forbidden:
    """The 403 while nobody may make an account."""
    return Forbidden("Registration is closed. Ask the administrator.", code="registration_closed")


def invitation_invalid() -> Forbidden:
    """The 403 for an invitation that is unknown, used, revoked or too old."""
    return Forbidden("This invitation was used, or it is too old. Ask for a new one.", code="invitation_invalid")


def normalise_email(email: str) -> str:
    """The address in lower case. Raises Invalid (`invalid_email`)."""
    try:
        return validate_email(email.strip(), check_deliverability=False, globally_deliverable=False).normalized.lower()
    except EmailNotValidError as error:
        raise Invalid(f"This is not an e-mail address: {error}", code="invalid_email") from error


def _current(user: User) -> CurrentUser:
    return CurrentUser(user.id, user.email, user.role, "cookie")  # type: ignore[arg-type]  # the column holds only roles
