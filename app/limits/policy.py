"""Which limits a user has: their own, else their role's, else the settings'; field by field."""

import time
from dataclasses import asdict

import structlog

from app.auth.current import CurrentUser
from app.db import Database
from app.errors import Unavailable
from app.limits import repository
from app.limits.bounds import Account, Limits
from app.setting_groups import LimitSettings

log = structlog.get_logger(__name__)

# A change that another server has made counts here after so many seconds.
KEEP_SECONDS = 3.0


class Policy:
    """All rows are kept in memory for a moment. While the database is away the known ones stay in force."""

    def __init__(self, db: Database, settings: LimitSettings) -> None:
        self.default = Limits(
            settings.requests, settings.tokens_per_minute, settings.tokens_per_day, settings.concurrent
        )
        self._db = db
        self._known: dict[str, Limits] = {}
        self._until = 0.0

    def forget(self) -> None:
        """Read the rows again at the next question."""
        self._until = 0.0

    async def accounts(self, user: CurrentUser) -> tuple[Account, ...]:
        """The user's account, and that of the API key in use when it has limits of its own."""
        await self._refresh()
        limits = self.default
        for subject in (f"role:{user.role}", f"user:{user.id}"):
            limits = _over(limits, self._known.get(subject))
        accounts: tuple[Account, ...] = (Account(user.id, f"user:{user.id}", limits),)
        if user.key_id is not None and (own := self._known.get(f"key:{user.key_id}")) is not None:
            accounts += (Account(user.id, f"key:{user.key_id}", own),)
        return accounts

    async def _refresh(self) -> None:
        if time.monotonic() < self._until:
            return
        # Set first: one question at a time.
        self._until = time.monotonic() + KEEP_SECONDS
        try:
            async with self._db.reading() as db:
                rows = await repository.all_limits(db)
        except Unavailable:
            log.warning("limits not read, storage is unavailable")
            return
        self._known = {
            row.subject: Limits(row.requests, row.tokens_per_minute, row.tokens_per_day, row.concurrent) for row in rows
        }


def _over(limits: Limits, more_specific: Limits | None) -> Limits:
    if more_specific is None:
        return limits
    given = {name: value for name, value in asdict(more_specific).items() if value is not None}
    return Limits(**(asdict(limits) | given))
