"""Session tokens: an opaque one for the cookie, and the same one inside a signed JWT for programs."""

import hashlib
import secrets
from datetime import datetime

import jwt

AUDIENCE = "vllm-chat"
ALGORITHM = "HS256"
MAX_TOKEN_LENGTH = 4096


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps; the token itself is stored nowhere."""
    return hashlib.sha256(token.encode()).hexdigest()


def write_jwt(token: str, user_id: str, expires_at: datetime, secret: str) -> str:
    """A JWT whose `jti` is the session token, so that signing out revokes it."""
    claims = {"sub": user_id, "aud": AUDIENCE, "exp": int(expires_at.timestamp()), "jti": token}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def read_jwt(value: str, secret: str) -> str | None:
    """The session token inside a JWT; None when the JWT is not ours, expired or incomplete."""
    if len(value) > MAX_TOKEN_LENGTH:
        return None
    try:
        claims = jwt.decode(
            value,
            secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["exp", "aud", "sub", "jti"]},
        )
    except (jwt.InvalidTokenError, UnicodeError):
        return None
    return str(claims["jti"])
