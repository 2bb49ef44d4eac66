"""Limits that an administrator has set."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class LimitRow(Base):
    """For `role:<role>`, `user:<uuid>` or `key:<uuid>`; what is NULL is not set here. It goes with its user or key."""

    __tablename__ = "limits"

    subject: Mapped[str] = mapped_column(String(48), primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("users.id", ondelete="cascade"), default=None)
    key_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("api_keys.id", ondelete="cascade"), default=None)
    requests: Mapped[str | None] = mapped_column(String(32), default=None)
    tokens_per_minute: Mapped[int | None] = mapped_column(BigInteger, default=None)
    tokens_per_day: Mapped[int | None] = mapped_column(BigInteger, default=None)
    concurrent: Mapped[int | None] = mapped_column(Integer, default=None)
