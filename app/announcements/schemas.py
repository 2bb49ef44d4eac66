"""Announcements, in and out."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.conversations.schemas import Content, Moment, Strict

MAX_ANNOUNCEMENT_CHARS = 1_000
Level = Literal["info", "warning"]
Words = Annotated[Content, Field(max_length=MAX_ANNOUNCEMENT_CHARS)]


class AnnouncementCreate(Strict):
    """Body of `POST /api/admin/announcements`. `text` is Markdown; without `ends_at` it stays until it is withdrawn."""

    text: Words
    level: Level = "info"
    ends_at: Moment | None = None


class AnnouncementUpdate(Strict):
    """Body of `PATCH /api/admin/announcements/{id}`; absent keys stay as they are. `ends_at` null: no end."""

    text: Words | None = None
    level: Level | None = None
    ends_at: Moment | None = None


class Announcement(BaseModel):
    """What users see. After `changed_at` it is news again for those who dismissed it before."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    text: str
    level: Level
    ends_at: AwareDatetime | None
    created_at: AwareDatetime
    changed_at: AwareDatetime


class AnnouncementList(BaseModel):
    """Newest first."""

    items: list[Announcement]
