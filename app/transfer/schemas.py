"""What goes out and comes in."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Written(BaseModel):
    """A message as a reader sees it, without how it came about."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    role: Literal["user", "assistant"]
    content: str
    model: str | None
    created_at: datetime


class Skipped(BaseModel):
    """A conversation that was left out: its place in the file from 0, and why. `detail` is for programs."""

    index: int
    title: str
    reason: str
    detail: str = ""


class ImportReport(BaseModel):
    """What has become of a file. Each conversation is there whole or not at all; ids are new, so that a file can be
    imported again and is then there twice."""

    imported: int
    ids: list[UUID]
    skipped: list[Skipped]
