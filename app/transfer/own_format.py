"""Conversations as `Exporting` and the export of one's data write them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from app.conversations.schemas import MAX_SYSTEM_PROMPT_CHARS, FeedbackView, Params, Status, Text
from app.transfer.imported import MAX_MESSAGES, MAX_TEXT, MAX_TITLE, Imported, Turn, Unusable

Name = Annotated[Text, Field(max_length=200)]
Long = Annotated[Text, Field(max_length=MAX_TEXT)]
Count = Annotated[int, Field(ge=0, lt=2**53)]


class _Usage(BaseModel):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    cached_tokens: Count = 0


class _Timing(BaseModel):
    queue_ms: Count = 0
    ttft_ms: Count | None = None
    itl_p50_ms: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    itl_p95_ms: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    total_ms: Count = 0
    tokens_per_second: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0


class _Receipt(BaseModel):
    finish_reason: Annotated[Text, Field(max_length=16)] | None = None
    usage: _Usage = Field(default_factory=_Usage)
    timing: _Timing = Field(default_factory=_Timing)
    preemptions: Count = 0
    context_start: UUID | None = None


class _Feedback(FeedbackView):
    comment: Annotated[Text, Field(max_length=2000)] = ""


class _Message(BaseModel):
    id: UUID
    parent_id: UUID | None = None
    role: Annotated[str, Field(pattern="^(user|assistant)$")]
    content: Long = ""
    reasoning: Long = ""
    status: Status = "done"
    model: Name | None = None
    receipt: _Receipt | None = None
    error_code: Annotated[str, Field(pattern=r"^[a-z_]{1,64}$")] | None = None
    feedback: _Feedback | None = None
    created_at: datetime | None = None


class _Conversation(BaseModel):
    title: Annotated[Text, Field(max_length=MAX_TITLE)] = ""
    pinned: bool = False
    archived: bool = False
    system_prompt: Annotated[Text, Field(max_length=MAX_SYSTEM_PROMPT_CHARS)] | None = None
    params: Params = Field(default_factory=Params)
    model: Name | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    messages: Annotated[list[_Message], Field(max_length=MAX_MESSAGES)]


def read(data: dict[str, Any]) -> Imported:
    """What another server of this kind has written. Raises Unusable."""
    try:
        given = _Conversation.model_validate(data)
    except ValidationError as error:
        raise _unusable(error) from None
    kept = ("title", "pinned", "archived", "system_prompt", "model", "created_at", "updated_at")
    return Imported(
        turns=[_turn(message) for message in given.messages],
        params=given.params.model_dump(exclude_none=True),
        **{name: getattr(given, name) for name in kept},
    )


def _turn(message: _Message) -> Turn:
    return Turn(
        key=str(message.id),
        parent=str(message.parent_id) if message.parent_id else None,
        role=message.role,
        content=message.content,
        created_at=message.created_at,
        model=message.model,
        reasoning=message.reasoning,
        # What was being written there is not being written here.
        status="interrupted" if message.status in ("queued", "running") else message.status,
        receipt=message.receipt.model_dump(mode="json") if message.receipt else None,
        error_code=message.error_code,
        feedback=message.feedback,
    )


def _unusable(error: ValidationError) -> Unusable:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] in ("string_too_long", "too_long"):
        reason = "too_many_messages" if where == "messages" else "text_too_long"
    elif first["type"] == "value_error" and ("U+0000" in first["msg"] or "surrogates" in first["msg"]):
        reason = "unprintable"
    else:
        reason = "invalid"
    return Unusable(reason, f"{where}: {first['msg'].removeprefix('Value error, ')}")
