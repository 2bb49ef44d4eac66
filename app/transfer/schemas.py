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
