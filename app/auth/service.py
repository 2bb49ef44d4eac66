"""Sessions: sign in, sign out, and who a token belongs to."""

import contextlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal

from app.audit.service import AuditService
from app.auth import repository
from app.auth.current import CurrentUser
from app.auth.device import device_of
from app.auth.models import Session, User
from app.auth.passwords import PasswordHasher
from app.auth.schemas import UserView
from app.auth.second_factor import SecondFactor
from app.auth.session_cache import CachedUser, SessionCache
from app.auth.throttle import Throttle
from app.auth.ticket import SecondFactorNeeded, belongs, read_ticket, ticket_expired, write_ticket
from app.auth.tokens import new_token, read_jwt, token_hash, write_jwt
from app.config import Settings
from app.db import Database, now
from app.errors import Forbidden, RateLimited, Unauthorized, Unavailable
from app.origin import user_agent

# `last_seen_at` is written at most this often.
SEEN_EVERY = timedelta(minutes=5)


class AuthService:
    """fastapi-users' tables and password helper behind the rules of this service (docs/decisions/0006)."""

    def __init__(self, db: Database, settings: Settings, cache: SessionCache, audit: AuditService) -> None:
        self._db = db
        self._audit = audit
        self._cache = cache
        self._settings = settings
        self._secret = settings.secret()
        self.hasher = PasswordHasher(settings.public_url)
        self.throttle = Throttle()
        self.factor = SecondFactor(db, self._secret)

    async def sign_in(self, email: str, password: str, peer: str | None = None, code: str = "") -> str:
        """The token for a browser's cookie. `peer` is the address it comes from; `code` is that of the second factor.

        Raises Unauthorized (`bad_credentials`), SecondFactorNeeded (`totp_required`), Forbidden (`not_verified`) or
        RateLimited (`too_many_attempts`).
        """
        user = await self._check(email, password, peer)
        await self._check_code(user, code, peer)
        return await self._open_session(user, "cookie", self._settings.auth.session_lifetime)

    async def sign_in_with_ticket(self, ticket: str, code: str, peer: str | None = None) -> str:
        """The second step of the form. Raises as `sign_in`, and Unauthorized (`ticket_expired`)."""
        user_id, fingerprint = read_ticket(ticket, self._secret)
        async with self._db.reading() as db:
            user = await repository.user_by_id(db, user_id)
        if user is None or not user.is_active or not belongs(user, fingerprint):
            raise ticket_expired()
        self._check_throttle(user.email, peer)
        await self._check_code(user, code, peer)
        return await self._open_session(user, "cookie", self._settings.auth.session_lifetime)

    async def jwt_sign_in(self, email: str, password: str, peer: str | None = None, code: str = "") -> str:
        """The bearer token for a program. Raises as `sign_in`."""
        user = await self._check(email, password, peer)
        await self._check_code(user, code, peer)
        lifetime = self._settings.auth.jwt_lifetime
        token = await self._open_session(user, "jwt", lifetime)
        return write_jwt(token, str(user.id), now() + timedelta(seconds=lifetime), self._secret)

    def _check_throttle(self, email: str, peer: str | None) -> None:
        try:
            self.throttle.check(email, peer)
        except RateLimited:
            self._audit.record("signin.locked")
            raise

    async def _check(self, email: str, password: str, peer: str | None) -> User:
        self._check_throttle(email, peer)
        async with self._db.reading() as db:
            # PostgreSQL cannot even look for U+0000.
            user = await repository.user_by_email(db, email.strip()) if "\x00" not in email else None
        right, new_hash = await self.hasher.verify(password, user.hashed_password if user else None)
        if user is None or not right or not user.is_active:
            self.throttle.failed(email, peer)
            self._audit.record("signin.failed", subject=f"user:{user.id}" if user else None)
            raise Unauthorized("The e-mail address or the password is wrong.", code="bad_credentials")
        if new_hash is not None:
            async with self._db.transaction() as db:
                await repository.set_password(db, user.id, new_hash)
            user.hashed_password = new_hash
        if self._settings.auth.require_verified and not user.is_verified:
            raise Forbidden("Open the link in the mail to your address first.", code="not_verified")
        return user

    async def _check_code(self, user: User, code: str, peer: str | None) -> None:
        if not user.totp_enabled:
            return
        if not code.strip():
            raise SecondFactorNeeded(write_ticket(user, self._secret))
        if not await self.factor.accepts(user, code):
            self.throttle.failed(user.email, peer)
            self._audit.record("totp.failed", subject=f"user:{user.id}")
            raise Unauthorized("The code is wrong, or it was used before.", code="bad_credentials")

    async def _open_session(self, user: User, kind: Literal["cookie", "jwt"], lifetime: int) -> str:
        token = new_token()
        async with self._db.transaction() as db:
            db.add(
                Session(
                    token_hash=token_hash(token),
                    user_id=user.id,
                    kind=kind,
                    device=device_of(user_agent()),
                    expires_at=now() + timedelta(seconds=lifetime),
                )
            )
            self._audit.record("signin.ok", _current(user, kind), f"user:{user.id}", db=db)
        return token

    async def sign_out(self, token: str, via: Literal["cookie", "jwt"] = "cookie") -> None:
        """End the session of a cookie."""
        async with self._db.transaction() as db:
            owned = await repository.owner_of_session(db, token_hash(token), via, now())
            await repository.delete_session(db, token_hash(token))
            if owned is not None:
                self._audit.record("signout", owned[0], f"user:{owned[0].id}", db=db)
        await self._cache.forget([token_hash(token)])

    async def jwt_sign_out(self, bearer: str) -> None:
        """End the session of a JWT."""
        if (token := read_jwt(bearer, self._secret)) is not None:
            await self.sign_out(token, "jwt")

    async def user_by_cookie(self, token: str) -> CurrentUser | None:
        """The signed-in user behind a cookie."""
        return await self._user(token, "cookie")

    async def user_by_jwt(self, bearer: str) -> CurrentUser | None:
        """The signed-in user behind a bearer token."""
        token = read_jwt(bearer, self._secret)
        return await self._user(token, "jwt") if token is not None else None

    def token_of(self, bearer: str) -> str | None:
        """The token of the session that a JWT stands for."""
        return read_jwt(bearer, self._secret)

    async def alive(self, tokens: Collection[str]) -> set[str]:
        """Those of the cookies' tokens whose session has not ended."""
        hashes = {token_hash(token): token for token in tokens}
        async with self._db.reading() as db:
            living = await repository.living_sessions(db, hashes.keys(), now())
        return {hashes[one] for one in living}

    async def _user(self, token: str, via: Literal["cookie", "jwt"]) -> CurrentUser | None:
        hashed = token_hash(token)
        user = await self._cache.recent.user(hashed, lambda: self._stored(hashed, via))
        # A cookie is no bearer token, and the other way round.
        return user if user is not None and user.via == via else None

    async def _stored(self, hashed: str, via: Literal["cookie", "jwt"]) -> CurrentUser | None:
        known = await self._cache.get(via, hashed)
        if known is None:
            async with self._db.reading() as db:
                owned = await repository.owner_of_session(db, hashed, via, now())
            if owned is None:
                return None
            user, seen = owned
            await self._note_use(hashed, seen)
            await self._cache.put(via, hashed, CachedUser(user.id, user.email, user.role))
            return user
        return CurrentUser(known.id, known.email, known.role, via)  # type: ignore[arg-type]  # holds only roles

    async def _note_use(self, hashed: str, seen: datetime | None) -> None:
        at = now()
        if seen is None or seen > at - SEEN_EVERY:
            return
        # A storage that is full keeps nobody out.
        with contextlib.suppress(Unavailable):
            async with self._db.transaction() as db:
                await repository.session_seen(db, hashed, at)

    async def keep_fresh(self) -> None:
        """For ever: what is known of sessions. Whoever changes a role or an address ends the sessions with it."""

        async def living(known: Mapping[str, CurrentUser]) -> Mapping[str, CurrentUser]:
            async with self._db.reading() as db:
                alive = await repository.living_sessions(db, known.keys(), now())
            return {hashed: user for hashed, user in known.items() if hashed in alive}

        await self._cache.recent.keep_fresh(living)

    async def profile(self, user: CurrentUser) -> UserView:
        """The account of the signed-in user. Raises NotFound when it was deleted meanwhile."""
        async with self._db.reading() as db:
            row = await repository.own_account(db, user.id)
        return UserView.model_validate(row)

    async def housekeeping(self) -> None:
        """Forget sessions and mailed links that have expired."""
        async with self._db.transaction() as db:
            await repository.delete_expired(db, now())

    def close(self) -> None:
        """End the hashing threads."""
        self.hasher.close()


def _current(user: User, via: Literal["cookie", "jwt"]) -> CurrentUser:
    return CurrentUser(user.id, user.email, user.role, via)  # type: ignore[arg-type]  # the column holds only roles
