"""The audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime, new_id, now


class AuditRow(Base):
    """Who did what to whom, and from where. `actor_id` is no foreign key: the row outlives the account. Accounts are
    named by their ids only; there are no e-mail addresses, texts or secrets in it."""

    __tablename__ = "audit_log"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    actor_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    actor_via: Mapped[str | None] = mapped_column(String(8), default=None)
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(80), default=None)
    address: Mapped[str | None] = mapped_column(String(45), default=None)
    request_id: Mapped[str | None] = mapped_column(String(64), default=None)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


Index("ix_audit_log_at_id", AuditRow.at, AuditRow.id)
Index("ix_audit_log_actor_id_at", AuditRow.actor_id, AuditRow.at)
Index("ix_audit_log_subject_at", AuditRow.subject, AuditRow.at)
