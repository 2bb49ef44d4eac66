"""Accounts and sessions: register, sign in, sign out, and who a token belongs to."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import structlog
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError

from app.auth import repository
from app.auth.current import CurrentUser
from app.auth.models import Session, User
from app.auth.passwords import PasswordHasher, check_password
from app.auth.schemas import UserView
from app.auth.throttle import Throttle
from app.auth.tokens import new_token, read_jwt, token_hash, write_jwt
from app.config import Settings
from app.db import Database, now
from app.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized

log = structlog.get_logger(__name__)


class AuthService:
    """fastapi-users' tables and password helper behind the rules of this service (docs/decisions/0006)."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._secret = settings.secret()
        self.hasher = PasswordHasher()
        self.throttle = Throttle()

    @property
    def registration(self) -> Literal["open", "invite", "closed"]:
        """Who may make an account."""
        return self._settings.auth.registration

    async def register(self, email: str, password: str, *, loopback: bool = False) -> CurrentUser:
        """Make an account. In development the first one made from this machine administrates.

        Raises Forbidden (`registration_closed`), Invalid (`invalid_email`, `weak_password`), Conflict (`email_taken`).
        """
        if self.registration != "open":
            raise Forbidden("Registration is closed. Ask the administrator.", code="registration_closed")
        first_may_rule = loopback and self._settings.env == "development"
        return await self._create(email, password, admin=False, admin_if_first=first_may_rule)

    async def create_admin(self, email: str, password: str) -> CurrentUser:
        """Make an administrator. Raises as `register`."""
        return await self._create(email, password, admin=True, admin_if_first=False)

    async def ensure_admin(self) -> None:
        """Make the administrator of the settings unless the address is registered."""
        admin = self._settings.admin
        if admin.email is None or admin.password is None:
            return
        async with self._db.transaction() as db:
            if await repository.user_by_email(db, admin.email.strip()) is not None:
                return
        await self.create_admin(admin.email, admin.password.get_secret_value())
        log.info("administrator created from the settings")

    async def _create(self, email: str, password: str, *, admin: bool, admin_if_first: bool) -> CurrentUser:
        address = normalise_email(email)
        check_password(password, address)
        hashed = await self.hasher.hash(password)
        try:
            async with self._db.transaction() as db:
                if admin_if_first:
                    admin = not await repository.any_user(db)
                user = User(
                    email=address,
                    hashed_password=hashed,
                    is_active=True,
                    is_superuser=admin,
                    is_verified=False,
                    role="admin" if admin else "member",
                )
                db.add(user)
        except IntegrityError as error:
            raise email_taken() from error
        log.info("account created", user_id=str(user.id), role=user.role)
        return _current(user, "cookie")

    async def sign_in(self, email: str, password: str, peer: str | None = None) -> str:
        """The token for a browser's cookie. `peer` is the address it comes from.

        Raises Unauthorized (`bad_credentials`) or RateLimited (`too_many_attempts`).
        """
        user = await self._check(email, password, peer)
        return await self._open_session(user, "cookie", self._settings.auth.session_lifetime)

    async def jwt_sign_in(self, email: str, password: str, peer: str | None = None) -> str:
        """The bearer token for a program. Raises as `sign_in`."""
        user = await self._check(email, password, peer)
        lifetime = self._settings.auth.jwt_lifetime
        token = await self._open_session(user, "jwt", lifetime)
        return write_jwt(token, str(user.id), now() + timedelta(seconds=lifetime), self._secret)

    async def _check(self, email: str, password: str, peer: str | None) -> User:
        self.throttle.check(email, peer)
        async with self._db.reading() as db:
            # PostgreSQL cannot even look for U+0000.
            user = await repository.user_by_email(db, email.strip()) if "\x00" not in email else None
        right, new_hash = await self.hasher.verify(password, user.hashed_password if user else None)
        if user is None or not right or not user.is_active:
            self.throttle.failed(email, peer)
            log.info("sign-in refused")
            raise Unauthorized("The e-mail address or the password is wrong.", code="bad_credentials")
        if new_hash is not None:
            async with self._db.transaction() as db:
                await repository.set_password(db, user.id, new_hash)
        return user

    async def _open_session(self, user: User, kind: str, lifetime: int) -> str:
        token = new_token()
        async with self._db.transaction() as db:
            db.add(
                Session(
                    token_hash=token_hash(token),
                    user_id=user.id,
                    kind=kind,
                    expires_at=now() + timedelta(seconds=lifetime),
                )
            )
        log.info("signed in", user_id=str(user.id), kind=kind)
        return token

    async def sign_out(self, token: str) -> None:
        """End the session of a cookie."""
        async with self._db.transaction() as db:
            await repository.delete_session(db, token_hash(token))

    async def jwt_sign_out(self, bearer: str) -> None:
        """End the session of a JWT."""
        if (token := read_jwt(bearer, self._secret)) is not None:
            await self.sign_out(token)

    async def user_by_cookie(self, token: str) -> CurrentUser | None:
        """The signed-in user behind a cookie."""
        return await self._user(token, "cookie")

    async def user_by_jwt(self, bearer: str) -> CurrentUser | None:
        """The signed-in user behind a bearer token."""
        token = read_jwt(bearer, self._secret)
        return await self._user(token, "jwt") if token is not None else None

    async def _user(self, token: str, via: Literal["cookie", "jwt"]) -> CurrentUser | None:
        async with self._db.reading() as db:
            user = await repository.user_of_session(db, token_hash(token), now())
        return _current(user, via) if user is not None else None

    async def profile(self, user: CurrentUser) -> UserView:
        """The account of the signed-in user. Raises NotFound when it was deleted meanwhile."""
        async with self._db.reading() as db:
            row = await repository.user_by_id(db, user.id)
        if row is None:
            raise NotFound("This account no longer exists.")
        return UserView.model_validate(row)

    async def reset_password(self, email: str, password: str) -> UUID:
        """Set a password from the command line and sign the user out everywhere. Raises NotFound, Invalid."""
        check_password(password, email)
        hashed = await self.hasher.hash(password)
        async with self._db.transaction() as db:
            user = await repository.user_by_email(db, email.strip())
            if user is None:
                raise NotFound(f"There is no account with the address {email}.")
            await repository.set_password(db, user.id, hashed)
            await repository.delete_sessions_of(db, user.id)
        return user.id

    async def housekeeping(self) -> None:
        """Forget sessions that have expired."""
        async with self._db.transaction() as db:
            await repository.delete_expired_sessions(db, now())

    def close(self) -> None:
        """End the hashing threads."""
        self.hasher.close()


def email_taken() -> Conflict:
    """The 409 for an address that has an account."""
    return Conflict("This e-mail address is already registered.", code="email_taken")


def normalise_email(email: str) -> str:
    """The address in lower case. Raises Invalid (`invalid_email`)."""
    try:
        return validate_email(email.strip(), check_deliverability=False, globally_deliverable=False).normalized.lower()
    except EmailNotValidError as error:
        raise Invalid(f"This is not an e-mail address: {error}", code="invalid_email") from error


def _current(user: User, via: Literal["cookie", "jwt"]) -> CurrentUser:
    return CurrentUser(user.id, user.email, user.role, via)  # type: ignore[arg-type]  # the column holds only roles
