"""What comes out of the audit log."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


class AuditView(BaseModel):
    """One event. Accounts appear as ids, which stay when the account goes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: AwareDatetime
    action: str
    actor_id: UUID | None
    actor_via: str | None
    subject: str | None
    address: str | None
    request_id: str | None
    detail: dict[str, Any]


class AuditPage(BaseModel):
    """Newest first; `next` is the cursor of the following page."""

    items: list[AuditView]
    next: str | None = None
