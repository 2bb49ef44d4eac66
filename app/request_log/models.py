"""The request log."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class RequestLog(Base):
    """One generation, or the refusal of one; never its text. Times in milliseconds, tokens by the engine's counts.

    `id` is the generation's, `at` the moment of acceptance. No foreign keys: the row outlives account and key.
    On PostgreSQL there is one partition a month (`app.request_log.partitions`).
    """

    __tablename__ = "request_logs"
    __table_args__ = ({"postgresql_partition_by": "RANGE (at)"},)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    key_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    route: Mapped[str] = mapped_column(String(100))
    model: Mapped[str | None] = mapped_column(String(200), default=None)
    status: Mapped[str] = mapped_column(String(16))
    prompt_tokens: Mapped[int] = mapped_column(default=0)
    completion_tokens: Mapped[int] = mapped_column(default=0)
    cached_tokens: Mapped[int] = mapped_column(default=0)
    queue_ms: Mapped[int | None] = mapped_column(default=None)
    ttft_ms: Mapped[int | None] = mapped_column(default=None)
    total_ms: Mapped[int | None] = mapped_column(default=None)
    error_code: Mapped[str | None] = mapped_column(String(64), default=None)
    request_id: Mapped[str | None] = mapped_column(String(64), default=None)


Index("ix_request_logs_at_id", RequestLog.at, RequestLog.id)
Index("ix_request_logs_user_id_at", RequestLog.user_id, RequestLog.at)
