"""Parts of the export that appear nowhere else."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


class SessionView(BaseModel):
    """A signed-in browser or program, without its token."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    device: str
    created_at: AwareDatetime
    last_seen_at: AwareDatetime | None
    expires_at: AwareDatetime


class LinkView(BaseModel):
    """A link to a conversation, without its token."""

    model_config = ConfigDict(from_attributes=True)

    conversation_id: UUID
    leaf_id: UUID
    title: str
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
