"""What comes out of the request log."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, field_validator

Status = Literal["done", "cancelled", "interrupted", "error", "refused"]


class RequestView(BaseModel):
    """One generation, or the refusal of one. Times in milliseconds; `total_ms` from acceptance to the end."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: AwareDatetime
    user_id: UUID | None
    key_id: UUID | None
    route: str
    model: str | None
    status: Status
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    queue_ms: int | None
    ttft_ms: int | None
    total_ms: int | None
    error_code: str | None
    request_id: str | None


class RequestPage(BaseModel):
    """Newest first; `next` is the cursor of the following page."""

    items: list[RequestView]
    next: str | None = None


class UsageView(BaseModel):
    """Sums of one user, model or UTC day; `key` is its id, name or date, null where it is not known."""

    model_config = ConfigDict(from_attributes=True)

    key: str | None
    requests: int
    refused: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int

    @field_validator("key", mode="before")
    @classmethod
    def _as_text(cls, key: Any) -> Any:
        return str(key) if isinstance(key, UUID) else key


class UsageList(BaseModel):
    """By user or model the greatest use of tokens first, by day in order; at most 1 000."""

    items: list[UsageView]
