"""What an administrator sets: limits of a role, a user or an API key."""

import re
from uuid import UUID

from app.audit.service import AuditService
from app.auth.access import ROLES
from app.auth.current import CurrentUser
from app.db import Database
from app.errors import Invalid, NotFound
from app.limits import repository
from app.limits.models import LimitRow
from app.limits.policy import Policy
from app.limits.schemas import LimitsList, LimitsUpdate, LimitsView

SUBJECT = re.compile(r"(role|user|key):(\S{1,40})")


class LimitAdministration:
    """One service call, one short transaction. The guard has checked the role."""

    def __init__(self, db: Database, policy: Policy, audit: AuditService) -> None:
        self._db = db
        self._audit = audit
        self._policy = policy

    async def list(self) -> LimitsList:
        """All that is set."""
        async with self._db.reading() as db:
            rows = await repository.all_limits(db)
        items = [LimitsView.model_validate(row) for row in rows]
        return LimitsList(default=LimitsUpdate.model_validate(self._policy.default), items=items)

    async def set(self, user: CurrentUser, subject: str, body: LimitsUpdate) -> LimitsView:
        """Replace the limits of a subject; here it works at once, on other servers within seconds.

        Raises Invalid (`invalid_subject`), NotFound (`user_not_found`, `key_not_found`).
        """
        kind, id_ = _parsed(subject)
        row = LimitRow(subject=subject, **body.model_dump())
        async with self._db.transaction() as db:
            if kind == "user":
                row.user_id = id_
                if id_ is None or not await repository.user_exists(db, id_):
                    raise NotFound("There is no such user.", code="user_not_found")
            elif kind == "key":
                row.key_id = id_
                if id_ is None or not await repository.key_exists(db, id_):
                    raise NotFound("There is no such API key.", code="key_not_found")
            await db.merge(row)
            self._audit.record("limits.changed", user, subject, db=db, **body.model_dump())
        self._policy.forget()
        return LimitsView(subject=subject, **body.model_dump())

    async def remove(self, user: CurrentUser, subject: str) -> None:
        """What is more general counts again. Raises Invalid (`invalid_subject`), NotFound."""
        _parsed(subject)
        async with self._db.transaction() as db:
            if not await repository.remove(db, subject):
                raise NotFound("No limits are set for this subject.")
            self._audit.record("limits.changed", user, subject, db=db, removed=True)
        self._policy.forget()


def _parsed(subject: str) -> tuple[str, UUID | None]:
    """Kind and id; roles have no id. Raises Invalid."""
    found = SUBJECT.fullmatch(subject)
    if found is not None and found[1] == "role" and found[2] in ROLES:
        return "role", None
    if found is not None and found[1] != "role":
        try:
            id_ = UUID(found[2])
        except ValueError:
            id_ = None
        if id_ is not None and str(id_) == found[2]:
            return found[1], id_
    raise Invalid("subject: role:<role>, user:<id> or key:<id>.", code="invalid_subject")
