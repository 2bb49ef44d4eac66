"""What administrators set for new conversations."""

from datetime import datetime

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime, now


class ChatDefaults(Base):
    """One row, with the id 1. `model` null: the first one."""

    __tablename__ = "chat_defaults"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    system_prompt: Mapped[str | None] = mapped_column(Text, default=None)
    model: Mapped[str | None] = mapped_column(String(200), default=None)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
