"""Between the password and the code: a ticket says that the password was right, so that the form need not ask again."""

import hashlib
from datetime import timedelta
from uuid import UUID

import jwt

from app.auth.models import User
from app.auth.tokens import ALGORITHM, MAX_TOKEN_LENGTH
from app.db import now
from app.errors import Unauthorized

# Another audience than sessions have: a ticket opens nothing by itself.
AUDIENCE = "vllm-chat-second-factor"
LIFETIME = timedelta(minutes=5)


class SecondFactorNeeded(Unauthorized):
    """The password was right; `ticket` with a code signs in."""

    def __init__(self, ticket: str) -> None:
        super().__init__("This account needs a code from the authenticator app, too.", code="totp_required")
        self.ticket = ticket


def write_ticket(user: User, secret: str) -> str:
    """Valid for some minutes, and only while the password stays what it is."""
    claims = {"sub": str(user.id), "aud": AUDIENCE, "exp": now() + LIFETIME, "pwd": _fingerprint(user)}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def read_ticket(ticket: str, secret: str) -> tuple[UUID, str]:
    """(user, fingerprint of the password). Raises Unauthorized (`ticket_expired`)."""
    options = {"require": ["exp", "aud", "sub", "pwd"]}
    try:
        if len(ticket) > MAX_TOKEN_LENGTH:
            raise jwt.InvalidTokenError
        claims = jwt.decode(ticket, secret, algorithms=[ALGORITHM], audience=AUDIENCE, options=options)  # type: ignore[arg-type]
        return UUID(claims["sub"]), str(claims["pwd"])
    except (jwt.InvalidTokenError, UnicodeError, ValueError) as error:
        raise ticket_expired() from error


def belongs(user: User, fingerprint: str) -> bool:
    """Whether the password is still the one that the ticket vouches for."""
    return _fingerprint(user) == fingerprint


def ticket_expired() -> Unauthorized:
    """Start again with the password."""
    return Unauthorized("This took too long. Sign in again.", code="ticket_expired")


def _fingerprint(user: User) -> str:
    return hashlib.sha256(user.hashed_password.encode()).hexdigest()[:32]
