"""Parts of the export that appear nowhere else."""

from pydantic import AwareDatetime, BaseModel, ConfigDict


class SessionView(BaseModel):
    """A signed-in browser or program, without its token."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    device: str
    created_at: AwareDatetime
    last_seen_at: AwareDatetime | None
    expires_at: AwareDatetime
