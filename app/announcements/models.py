"""What administrators tell everybody."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime, new_id, now


class AnnouncementRow(Base):
    """Markdown that every signed-in user sees until `ends_at`, or until it is withdrawn: then the row is gone."""

    __tablename__ = "announcements"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    text: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(String(8))
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
