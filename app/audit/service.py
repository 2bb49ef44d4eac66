"""The audit log: what was done to accounts, and what administrators did. One log line and one row for each event."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from app import metrics
from app.audit import repository
from app.audit.actions import Action
from app.audit.models import AuditRow
from app.audit.schemas import AuditPage, AuditView
from app.auth.access import require
from app.auth.current import CurrentUser
from app.batches import Batches
from app.conversations.cursor import read_cursor, write_cursor
from app.db import Database, new_id, now
from app.masking import mask_value
from app.origin import origin

log = structlog.get_logger(__name__)

Detail = str | int | bool | list[str] | None


class AuditService:
    """Records events and shows them to administrators."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.batches = Batches("audit_log", self._write, metrics.audit_dropped)

    def record(
        self,
        action: Action,
        actor: CurrentUser | None = None,
        subject: str | None = None,
        *,
        db: AsyncSession | None = None,
        **detail: Detail,
    ) -> None:
        """Record one event. Do not await it: it never waits.

        With `db` the row belongs to the caller's transaction, and is logged when that commits: for every change.
        Without it the row is written a moment later, for what changes nothing and must not become slower by it
        (a failed sign-in). `subject` is what it was done to, such as `user:<id>`. `detail` holds ids, names of
        fields, roles and counts; never secrets, e-mail addresses or texts that people wrote.
        """
        where = origin()
        row = {
            "id": new_id(),
            "at": now(),
            "actor_id": actor.id if actor else None,
            "actor_via": actor.via if actor else None,
            "action": action,
            "subject": subject,
            "address": where.address,
            "request_id": where.request_id,
            # Names that people chose may hold anything: the path of a refused request, for one.
            "detail": mask_value(detail),
        }
        if db is None:
            self.batches.put(row)
            _tell(row)
        else:
            db.add(AuditRow(**row))
            event.listen(db.sync_session, "after_commit", lambda _session: _tell(row), once=True)

    async def page(
        self,
        user: CurrentUser,
        cursor: str | None = None,
        limit: int = 50,
        action: Action | None = None,
        actor: UUID | None = None,
    ) -> AuditPage:
        """Newest first, for administrators. Raises Forbidden, and Invalid for a foreign cursor."""
        require(user, "admin")
        after = read_cursor(cursor)
        await self.batches.flush()
        async with self._db.reading() as db:
            rows = await repository.page(db, after, limit + 1, action, actor)
        more = write_cursor(rows[limit - 1].at, rows[limit - 1].id) if len(rows) > limit else None
        return AuditPage(items=[AuditView.model_validate(row) for row in rows[:limit]], next=more)

    async def _write(self, rows: Sequence[dict[str, Any]]) -> None:
        async with self._db.transaction() as db:
            await repository.add(db, rows)


def _tell(row: dict[str, Any]) -> None:
    shown = {name: str(row[name]) if row[name] else None for name in ("actor_id", "subject", "address", "request_id")}
    log.info(
        row["action"], audit=True, at=row["at"].isoformat(), actor_via=row["actor_via"], **shown, detail=row["detail"]
    )
