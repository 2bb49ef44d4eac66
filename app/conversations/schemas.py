"""What goes in and out of the conversation service; the same shapes for the API and the page."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

MAX_MESSAGE_CHARS = 200_000
MAX_SYSTEM_PROMPT_CHARS = 20_000
MAX_COMMENT_CHARS = 2_000
MAX_FOLDER_CHARS = 100

Status = Literal["queued", "running", "done", "cancelled", "interrupted", "error"]


def _storable(text: str) -> str:
    """Refuse what PostgreSQL cannot store (U+0000) and what is not text (lone surrogates)."""
    if "\x00" in text:
        raise ValueError("must not contain the character U+0000")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("must not contain lone surrogates")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Content = Annotated[Text, AfterValidator(_not_blank), Field(max_length=MAX_MESSAGE_CHARS)]
FolderName = Annotated[Content, Field(max_length=MAX_FOLDER_CHARS)]


# A time in every zone, also after it was moved to another.
Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]


class Strict(BaseModel):
    """Unknown keys are refused by name instead of being ignored."""

    model_config = ConfigDict(extra="forbid")


class Params(Strict):
    """Sampling parameters of one request or one conversation."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    min_tokens: int | None = Field(default=None, ge=0, le=1_000_000)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stop: list[Annotated[Text, Field(min_length=1, max_length=200)]] | None = Field(default=None, max_length=8)
    ignore_eos: bool | None = None


SystemPrompt = Annotated[Text, Field(max_length=MAX_SYSTEM_PROMPT_CHARS)]
ModelName = Annotated[Text, Field(min_length=1, max_length=200)]


class ChatSettings(Strict):
    """What a conversation keeps for all its answers."""

    system_prompt: SystemPrompt | None = None
    params: Params = Field(default_factory=Params)


class ChatRequest(Strict):
    """Body of `POST /api/chat`, and what the composer of the page sends. `params` are for this answer alone; `settings`
    are what a conversation that begins with this message keeps. One that is `temporary` is listed nowhere and deleted
    within a day."""

    conversation_id: UUID | None = None
    content: Content
    model: ModelName | None = None
    params: Params = Field(default_factory=Params)
    settings: ChatSettings | None = None
    temporary: bool = False
    parent_id: UUID | None = None

    @model_validator(mode="after")
    def _settings_begin(self) -> "ChatRequest":
        if self.settings is not None and self.conversation_id is not None:
            raise ValueError("settings: only for a new conversation; PATCH changes those of an existing one")
        if self.temporary and self.conversation_id is not None:
            raise ValueError("temporary: only for a new conversation")
        return self


class ConversationCreate(ChatSettings):
    """Body of `POST /api/conversations`."""

    title: Annotated[Text, Field(max_length=200)] = ""
    model: ModelName | None = None
    temporary: bool = False


class ConversationUpdate(Strict):
    """Body of `PATCH /api/conversations/{id}`; absent keys stay as they are."""

    title: Annotated[Content, Field(max_length=200)] | None = None
    pinned: bool | None = None
    archived: bool | None = None
    system_prompt: SystemPrompt | None = None
    params: Params | None = None
    model: Annotated[Text, Field(max_length=200)] | None = None
    folder_id: UUID | None = None


class Organized(Strict):
    """What is changed in many conversations at once; absent keys stay as they are."""

    pinned: bool = False
    archived: bool = False
    folder_id: UUID | None = None


class FolderCreate(Strict):
    """Body of `POST /api/folders`."""

    name: FolderName


class FolderUpdate(Strict):
    """Body of `PATCH /api/folders/{id}`; absent keys stay as they are."""

    name: FolderName | None = None
    position: int | None = Field(default=None, ge=0, le=100_000)


class FolderView(BaseModel):
    """One folder. Folders are shown by `position`, then by name."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    position: int


class FolderPage(BaseModel):
    """All folders, in order."""

    items: list[FolderView]


class ConversationView(BaseModel):
    """One conversation as shown in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    pinned: bool
    archived: bool
    system_prompt: str | None
    params: dict[str, Any]
    model: str | None
    folder_id: UUID | None
    temporary: bool
    created_at: datetime
    updated_at: datetime


class FeedbackRequest(Strict):
    """Body of `POST /api/messages/{id}/feedback`: the whole of it; null takes it back."""

    value: Literal["up", "down"] | None
    comment: Annotated[Text, Field(max_length=MAX_COMMENT_CHARS)] | None = None


class FeedbackView(BaseModel):
    """What the reader thinks of an answer."""

    model_config = ConfigDict(from_attributes=True)

    value: Literal["up", "down"]
    comment: str


class ListedConversation(ConversationView):
    """With `snippet` when it was looked for: the text around the hit, None when only the title holds it."""

    snippet: str | None = None


class MessageView(BaseModel):
    """One message. `receipt` holds usage and timing of an answer; `generation_id` is what to follow or stop."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    parent_id: UUID | None
    role: Literal["user", "assistant"]
    content: str
    reasoning: str
    status: Status
    model: str | None
    receipt: dict[str, Any] | None
    error_code: str | None
    generation_id: UUID | None
    created_at: datetime
    feedback: FeedbackView | None = None


class MessagePlace(NamedTuple):
    """Where a message stands in the tree of its conversation."""

    id: UUID
    parent_id: UUID | None
    created_at: datetime


class ConversationPage(BaseModel):
    """Newest first; `next` is the cursor of the following page."""

    items: list[ListedConversation]
    next: str | None = None


class MessagePage(BaseModel):
    """Oldest first."""

    items: list[MessageView]
    next: str | None = None
