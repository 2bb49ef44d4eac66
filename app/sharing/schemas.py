"""What goes in and out of sharing."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.conversations.schemas import Strict
from app.transfer.schemas import Written


class ShareCreate(Strict):
    """Body of `POST /api/conversations/{id}/share`. `leaf_id` is the last message that is shown, by default the newest
    one; without `expires_in_days` the link stays until it is revoked."""

    leaf_id: UUID | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class ShareView(BaseModel):
    """A link of one's own. `title` and messages are as they were at `created_at`, when it was made or made anew."""

    conversation_id: UUID
    leaf_id: UUID
    url: str
    title: str
    created_at: datetime
    expires_at: datetime | None


class ShareList(BaseModel):
    """Newest first."""

    items: list[ShareView]


class Shared(BaseModel):
    """What whoever has the link reads. Nothing of it tells whose it is."""

    title: str
    created_at: datetime
    messages: list[Written]
