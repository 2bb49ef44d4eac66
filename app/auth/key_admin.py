"""Administrators look after everybody's API keys: who has which, and the end of one."""

from uuid import UUID

from app.audit.service import AuditService
from app.auth import repository
from app.auth.access import require
from app.auth.current import CurrentUser
from app.auth.recent import Recent
from app.auth.schemas import KeyView, ManagedKey, ManagedKeyPage
from app.conversations.cursor import read_id_cursor
from app.db import Database
from app.errors import NotFound


class KeyAdmin:
    """The keys themselves are stored nowhere."""

    def __init__(self, db: Database, recent: Recent, audit: AuditService) -> None:
        self._db, self._recent, self._audit = db, recent, audit

    async def page(
        self, user: CurrentUser, words: str = "", cursor: str | None = None, limit: int = 50
    ) -> ManagedKeyPage:
        """Keys of the accounts whose address contains `words`, newest first.

        Raises Forbidden, Invalid (`invalid_cursor`).
        """
        require(user, "admin")
        before = read_id_cursor(cursor)
        async with self._db.reading() as db:
            found = await repository.search_keys(db, words.strip(), before, limit + 1)
        items = [
            ManagedKey(**KeyView.model_validate(row).model_dump(), user_id=row.user_id, owner=owner)
            for row, owner in found[:limit]
        ]
        return ManagedKeyPage(items=items, next=str(items[-1].id) if len(found) > limit else None)

    async def revoke(self, user: CurrentUser, key_id: UUID) -> None:
        """From now on it opens nothing. Raises Forbidden, NotFound (`key_not_found`)."""
        require(user, "admin")
        async with self._db.transaction() as db:
            owner = await repository.delete_any_key(db, key_id)
            if owner is None:
                raise NotFound("There is no such API key.", code="key_not_found")
            self._audit.record("key.revoked", user, f"key:{key_id}", db=db, owner=str(owner))
        self._recent.clear()
