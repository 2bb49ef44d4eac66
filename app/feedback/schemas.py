"""What administrators see of users' ratings: never a question or an answer."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

Value = Literal["up", "down"]
FIGURES = ("prompt_tokens", "completion_tokens", "ttft_ms", "total_ms", "tokens_per_second")


class FeedbackItem(BaseModel):
    """One rating, its comment, and figures from the receipt of the answer (times in milliseconds; null: not known)."""

    model_config = ConfigDict(from_attributes=True)

    message_id: UUID
    at: AwareDatetime
    user_id: UUID
    value: Value
    comment: str
    model: str | None
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    ttft_ms: float | None = None
    total_ms: float | None = None
    tokens_per_second: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _figures(cls, row: Any) -> Any:
        values = dict(row._mapping) if hasattr(row, "_mapping") else row
        receipt = values.pop("receipt", None) or {}
        given = (receipt.get("usage") or {}) | (receipt.get("timing") or {})
        return values | {"finish_reason": receipt.get("finish_reason")} | {name: given.get(name) for name in FIGURES}


class FeedbackPage(BaseModel):
    """Newest first; `next` is the cursor of the following page."""

    items: list[FeedbackItem]
    next: str | None = None
