"""The defaults of new conversations, in and out."""

from datetime import datetime

from pydantic import BaseModel

from app.conversations.schemas import ModelName, Strict, SystemPrompt


class DefaultsUpdate(Strict):
    """Body of `PUT /api/admin/defaults`: the whole of it. `model` null: the first one."""

    system_prompt: SystemPrompt | None = None
    model: ModelName | None = None


class DefaultsView(BaseModel):
    """What is set. Where the model is not offered any more (`model_offered` false) the first one answers instead."""

    system_prompt: str | None = None
    model: str | None = None
    model_offered: bool = True
    changed_at: datetime | None = None
