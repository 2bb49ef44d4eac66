"""What goes in and out of the library."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.conversations.schemas import ChatSettings, Content, ModelName, Params, Strict

MAX_NAME_CHARS = 100
MAX_PROMPT_CHARS = 20_000

Name = Annotated[Content, Field(max_length=MAX_NAME_CHARS)]
PromptText = Annotated[Content, Field(max_length=MAX_PROMPT_CHARS)]


class PresetCreate(ChatSettings):
    """Body of `POST /api/presets`. `is_default`: new conversations of the page begin with it, and no longer with
    another one."""

    name: Name
    model: ModelName | None = None
    is_default: bool = False


class PresetUpdate(PresetCreate):
    """Body of `PATCH /api/presets/{id}`; absent keys stay as they are."""

    name: Name | None = None  # type: ignore[assignment]
    params: Params | None = None  # type: ignore[assignment]
    is_default: bool | None = None  # type: ignore[assignment]


class PresetView(BaseModel):
    """One preset."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    model: str | None
    system_prompt: str | None
    params: Params
    is_default: bool
    created_at: datetime


class PresetList(BaseModel):
    """By name."""

    items: list[PresetView]


class PromptCreate(Strict):
    """Body of `POST /api/prompts`. `{{name}}` in the text is a blank that the page asks for."""

    title: Name
    text: PromptText


class PromptUpdate(Strict):
    """Body of `PATCH /api/prompts/{id}`; absent keys stay as they are."""

    title: Name | None = None
    text: PromptText | None = None


class PromptView(BaseModel):
    """One text of the prompt library."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    text: str
    created_at: datetime


class PromptList(BaseModel):
    """By title."""

    items: list[PromptView]
