"""The signed-in browsers and programs of one user: which there are, and the end of one or of all others."""

from app.audit.service import AuditService
from app.auth import repository
from app.auth.access import require
from app.auth.current import CurrentUser
from app.auth.schemas import SessionView
from app.auth.session_cache import SessionCache
from app.auth.tokens import token_hash
from app.db import Database, now
from app.errors import NotFound

# So much of a hash names a session to its owner; nobody gets from it to the token.
ID_CHARS = 24


class SessionService:
    """`token` is that of the session that asks: it is marked, and spared."""

    def __init__(self, db: Database, cache: SessionCache, audit: AuditService) -> None:
        self._db = db
        self._cache = cache
        self._audit = audit

    async def list(self, user: CurrentUser, token: str | None) -> list[SessionView]:
        """Newest use first. Raises Forbidden."""
        require(user, "account")
        own = token_hash(token) if token else None
        async with self._db.reading() as db:
            rows = await repository.sessions_of(db, user.id, now())
        return [
            SessionView(
                id=row.token_hash[:ID_CHARS],
                kind=row.kind,
                device=row.device,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at or row.created_at,
                expires_at=row.expires_at,
                current=row.token_hash == own,
            )
            for row in rows
        ]

    async def end(self, user: CurrentUser, session_id: str) -> None:
        """Sign one out. Raises NotFound (`session_not_found`), Forbidden."""
        require(user, "account")
        async with self._db.transaction() as db:
            rows = await repository.sessions_of(db, user.id, now())
            found = [row.token_hash for row in rows if row.token_hash[:ID_CHARS] == session_id]
            if not found:
                raise NotFound("There is no such session.", code="session_not_found")
            for hashed in found:
                await repository.delete_session(db, hashed)
            self._audit.record("session.ended", user, f"user:{user.id}", db=db, sessions=len(found))
        await self._cache.forget(found)

    async def end_others(self, user: CurrentUser, token: str | None) -> None:
        """Sign all others out. Raises Forbidden."""
        require(user, "account")
        own = token_hash(token) if token else None
        async with self._db.transaction() as db:
            rows = await repository.sessions_of(db, user.id, now())
            found = [row.token_hash for row in rows if row.token_hash != own]
            for hashed in found:
                await repository.delete_session(db, hashed)
            self._audit.record("session.ended", user, f"user:{user.id}", db=db, sessions=len(found))
        await self._cache.forget(found)
