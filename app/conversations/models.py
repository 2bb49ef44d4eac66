"""Conversations in folders, and their messages. A message's `parent_id` makes the conversation a tree."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, ColumnElement, ForeignKey, Index, Integer, String, Text, Uuid, and_, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, UtcDateTime, new_id, now


class Folder(Base):
    """Where one user keeps conversations together; shown by `position`, then by name."""

    __tablename__ = "folders"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id", ondelete="cascade"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    position: Mapped[int] = mapped_column(Integer, default=0)


class Conversation(Base):
    """One conversation of one user. With `deleted_at` it is gone for everybody, but can still be brought back. One that
    is `temporary` is in no list, and is deleted soon."""

    __tablename__ = "conversations"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id", ondelete="cascade"))
    title: Mapped[str] = mapped_column(String(200), default="")
    pinned: Mapped[bool] = mapped_column(Boolean, default=False)
    archived: Mapped[bool] = mapped_column(Boolean, default=False)
    system_prompt: Mapped[str | None] = mapped_column(Text, default=None)
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    model: Mapped[str | None] = mapped_column(String(200), default=None)
    folder_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("folders.id", ondelete="set null"), default=None)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    temporary: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


NEWEST = (Conversation.user_id, Conversation.updated_at.desc(), Conversation.id.desc())
Index("ix_conversations_user_updated", *NEWEST)
# Few rows have these; the others need not be looked at.
for name, columns, some in (
    ("ix_conversations_folder_id", (Conversation.folder_id,), Conversation.folder_id.is_not(None)),
    ("ix_conversations_pinned", NEWEST, Conversation.pinned.is_(True)),
    ("ix_conversations_deleted_at", (Conversation.deleted_at,), Conversation.deleted_at.is_not(None)),
    ("ix_conversations_temporary", (Conversation.updated_at,), Conversation.temporary),
):
    Index(name, *columns, sqlite_where=some, postgresql_where=some)


def owned(user_id: UUID) -> ColumnElement[bool]:
    """The conversations that this user has."""
    return and_(Conversation.user_id == user_id, Conversation.deleted_at.is_(None))


def listable(user_id: UUID) -> ColumnElement[bool]:
    """Of these, what lists and searches know."""
    return and_(owned(user_id), Conversation.temporary.is_(False))


class Message(Base):
    """A question or an answer. `receipt` holds the usage and timing of a finished answer."""

    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("conversations.id", ondelete="cascade"))
    parent_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("messages.id", ondelete="cascade"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text, default="")
    reasoning: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(16), index=True)
    model: Mapped[str | None] = mapped_column(String(200), default=None)
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    error_code: Mapped[str | None] = mapped_column(String(64), default=None)
    generation_id: Mapped[UUID | None] = mapped_column(Uuid, unique=True, default=None)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # Only who owns the conversation rates it, so there is one at most.
    feedback: Mapped["Feedback | None"] = relationship(lazy="raise", viewonly=True)


class Feedback(Base):
    """What a user thinks of an answer: `value` is up or down."""

    __tablename__ = "feedback"

    message_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("messages.id", ondelete="cascade"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("users.id", ondelete="cascade"), primary_key=True, index=True
    )
    value: Mapped[str] = mapped_column(String(8))
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


Index("ix_messages_conversation_created", Message.conversation_id, Message.created_at.desc(), Message.id.desc())
Index("ix_feedback_created_at", Feedback.created_at, Feedback.message_id)
