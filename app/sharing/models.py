"""Links to conversations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime, now


class Share(Base):
    """The one link to a conversation: whoever has the random `token` reads the path to `leaf_id`, under the title that
    the conversation had. Its owner can see the link again, so the token is kept as it is. Without the row there is no
    link: it goes with the conversation, with the account, or when it is revoked."""

    __tablename__ = "shares"

    conversation_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("conversations.id", ondelete="cascade"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id", ondelete="cascade"), index=True)
    leaf_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("messages.id", ondelete="cascade"), index=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
