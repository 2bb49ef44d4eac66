"""One row per generation: what is needed to find it again, to replay it, and to go on where it stopped."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, Uuid, or_
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime, now


class GenerationRow(Base):
    """`instance` is the server process that runs it. `events` and the idempotency key are kept for a day after the
    end, `token_ids` (of the whole answer, four bytes each) as long as the message."""

    __tablename__ = "generations"
    __table_args__ = (UniqueConstraint("user_id", "idempotency_key", name="uq_generations_user_key"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id", ondelete="cascade"))
    conversation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("conversations.id", ondelete="cascade"), index=True)
    message_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("messages.id", ondelete="cascade"), index=True)
    instance: Mapped[str] = mapped_column(String(36), index=True)
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    idempotency_key: Mapped[str | None] = mapped_column(String(255), default=None)
    body_hash: Mapped[str | None] = mapped_column(String(64), default=None)
    events: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    token_ids: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None, index=True)


# What is still to be forgotten is found among all that has been.
KEPT = or_(GenerationRow.events.is_not(None), GenerationRow.idempotency_key.is_not(None))
Index("ix_generations_kept", GenerationRow.ended_at, sqlite_where=KEPT, postgresql_where=KEPT)
