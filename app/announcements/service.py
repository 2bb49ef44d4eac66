"""Announcements: written by administrators, told to every open page of this process at once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.announcements import repository
from app.announcements.models import AnnouncementRow
from app.announcements.schemas import Announcement, AnnouncementCreate, AnnouncementUpdate
from app.audit.actions import Action
from app.audit.service import AuditService
from app.auth.access import require
from app.auth.current import CurrentUser
from app.db import Database, now
from app.errors import Conflict, Invalid, NotFound

MAX_ANNOUNCEMENTS = 50


class Announcements:
    """One short transaction per call. Other processes learn of a change when their pages are opened."""

    def __init__(self, db: Database, audit: AuditService) -> None:
        self._db = db
        self._audit = audit
        self._changed = asyncio.Event()
        self._newest: list[Announcement] = []

    async def current(self) -> list[Announcement]:
        """What signed-in users see now, newest first."""
        return _now(await self._read())

    async def everything(self, user: CurrentUser) -> list[Announcement]:
        """Also those that have ended, for administrators. Raises Forbidden."""
        require(user, "admin")
        return await self._read()

    async def create(self, user: CurrentUser, body: AnnouncementCreate) -> Announcement:
        """Raises Forbidden, Invalid (`expiry_past`), Conflict (`too_many_announcements`)."""
        require(user, "admin")
        _check_end(body.ends_at)
        async with self._db.transaction() as db:
            if await repository.count(db) >= MAX_ANNOUNCEMENTS:
                raise Conflict(
                    f"There are {MAX_ANNOUNCEMENTS} announcements.",
                    code="too_many_announcements",
                    max=MAX_ANNOUNCEMENTS,
                )
            row = AnnouncementRow(**body.model_dump())
            db.add(row)
            await db.flush()
            self._record(db, "announcement.created", user, row)
        await self._tell()
        return Announcement.model_validate(row)

    async def update(self, user: CurrentUser, announcement_id: UUID, body: AnnouncementUpdate) -> Announcement:
        """Change what the body names. Raises Forbidden, NotFound (`announcement_not_found`), Invalid."""
        require(user, "admin")
        _check_end(body.ends_at)
        async with self._db.transaction() as db:
            row = _found(await repository.announcement(db, announcement_id))
            for name in body.model_fields_set:
                value = getattr(body, name)
                if value is not None or name == "ends_at":
                    setattr(row, name, value)
            row.changed_at = now()
            self._record(db, "announcement.changed", user, row)
        await self._tell()
        return Announcement.model_validate(row)

    async def withdraw(self, user: CurrentUser, announcement_id: UUID) -> None:
        """For everybody, at once. Raises Forbidden, NotFound (`announcement_not_found`)."""
        require(user, "admin")
        async with self._db.transaction() as db:
            row = _found(await repository.announcement(db, announcement_id))
            await db.delete(row)
            self._record(db, "announcement.withdrawn", user, row)
        await self._tell()

    async def watch(self) -> AsyncGenerator[list[Announcement], None]:
        """The current ones, then anew after each change and each end."""
        changed = self._changed
        items = await self.current()
        while True:
            yield items
            ends = [item.ends_at for item in items if item.ends_at is not None]
            try:
                async with asyncio.timeout((min(ends) - now()).total_seconds() if ends else None):
                    await changed.wait()
            except TimeoutError:  # the next end has come
                items = _now(items)
            else:
                changed, items = self._changed, _now(self._newest)

    async def _tell(self) -> None:
        self._newest = await self._read()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _read(self) -> list[Announcement]:
        async with self._db.reading() as db:
            rows = await repository.announcements(db)
        return [Announcement.model_validate(row) for row in rows]

    def _record(self, db: AsyncSession, action: Action, user: CurrentUser, row: AnnouncementRow) -> None:
        ends_at = row.ends_at.isoformat() if row.ends_at else None
        subject = f"announcement:{row.id}"
        self._audit.record(action, user, subject, db=db, level=row.level, chars=len(row.text), ends_at=ends_at)


def _now(items: list[Announcement]) -> list[Announcement]:
    moment = now()
    return [item for item in items if item.ends_at is None or item.ends_at > moment]


def _check_end(ends_at: datetime | None) -> None:
    if ends_at is not None and ends_at <= now():
        raise Invalid("ends_at: is in the past.", code="expiry_past")


def _found(row: AnnouncementRow | None) -> AnnouncementRow:
    if row is None:
        raise NotFound("There is no such announcement.", code="announcement_not_found")
    return row
