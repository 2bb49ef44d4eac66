"""API keys: several per user, named, hashed at rest, each for certain scopes, revoked at once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.audit.service import AuditService
from app.auth import repository
from app.auth.current import CurrentUser
from app.auth.models import ApiKey
from app.auth.recent import Recent
from app.auth.schemas import KeyCreate, KeyCreated, KeyView
from app.auth.tokens import new_token, token_hash
from app.db import Database, now
from app.errors import Conflict, Invalid, NotFound

# Secret scanners find leaked keys by this.
MARK = "vcsk-"
SHOWN = len(MARK) + 6
MAX_KEYS = 100
# `last_used_at` is written at most this often.
USED_EVERY = timedelta(minutes=1)


def is_key(value: str) -> bool:
    """Whether a bearer token is one of ours, and not a JWT."""
    return value.startswith(MARK)


class KeyService:
    """One service call, one short transaction."""

    def __init__(self, db: Database, recent: Recent, audit: AuditService) -> None:
        self._db = db
        self._recent = recent
        self._audit = audit

    async def create(self, user: CurrentUser, body: KeyCreate) -> KeyCreated:
        """The key itself is in this answer and nowhere else.

        Raises Invalid (`expiry_past`) or Conflict (`too_many_keys`).
        """
        expires_at = body.expires_at.astimezone(UTC) if body.expires_at else None
        if expires_at is not None and expires_at <= now():
            raise Invalid("expires_at: this moment has passed.", code="expiry_past")
        secret = MARK + new_token()
        row = ApiKey(
            user_id=user.id,
            name=body.name,
            prefix=secret[:SHOWN],
            key_hash=token_hash(secret),
            scopes=sorted(body.scopes),
            expires_at=expires_at,
        )
        async with self._db.transaction() as db:
            if len(await repository.keys_of(db, user.id)) >= MAX_KEYS:
                raise Conflict(f"You have {MAX_KEYS} keys. Delete one first.", code="too_many_keys", max=MAX_KEYS)
            db.add(row)
            await db.flush()
            self._audit.record("key.created", user, f"key:{row.id}", db=db, scopes=row.scopes)
        return KeyCreated(**KeyView.model_validate(row).model_dump(), key=secret)

    async def list(self, user: CurrentUser) -> list[KeyView]:
        """Newest first, without the keys themselves."""
        async with self._db.reading() as db:
            return [KeyView.model_validate(row) for row in await repository.keys_of(db, user.id)]

    async def revoke(self, user: CurrentUser, key_id: UUID) -> None:
        """From now on it opens nothing. Raises NotFound."""
        async with self._db.transaction() as db:
            if not await repository.delete_key(db, user.id, key_id):
                raise NotFound("There is no such API key.", code="key_not_found")
            self._audit.record("key.revoked", user, f"key:{key_id}", db=db)
        self._recent.clear()

    async def user_of(self, key: str) -> CurrentUser | None:
        """The active owner of a key that has not expired."""
        hashed = token_hash(key)
        return await self._recent.user(hashed, lambda: self._stored(hashed))

    async def _stored(self, hashed: str) -> CurrentUser | None:
        at = now()
        async with self._db.reading() as db:
            found = await repository.users_of_keys(db, [hashed], at)
        for _, user, last_used_at in found:
            if user.key_id is not None and _stale(last_used_at, at):
                async with self._db.transaction() as db:
                    await repository.key_used(db, user.key_id, at)
            return user
        return None

    async def keep_fresh(self) -> None:
        """For ever: what is known of keys in use."""

        async def living(known: Mapping[str, CurrentUser]) -> Mapping[str, CurrentUser]:
            async with self._db.reading() as db:
                found = await repository.users_of_keys(db, list(known), now())
            return {hashed: user for hashed, user, _ in found}

        await self._recent.keep_fresh(living)


def _stale(last_used_at: datetime | None, at: datetime) -> bool:
    return last_used_at is None or last_used_at < at - USED_EVERY
