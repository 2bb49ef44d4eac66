"""What every engine offers: the Protocol, and the values that cross it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length"]


class Stage(StrEnum):
    """Where the engine is on its way to the first token."""

    STARTING = "starting"
    DOWNLOADING = "downloading"
    LOADING = "loading"
    WARMING = "warming"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """One stage with its reason in words; `progress` is a share from 0 to 1 where one is known.

    `retry_seconds` is the wait before the next start where there is one, in whole seconds.
    """

    stage: Stage
    detail: str = ""
    progress: float | None = None
    retry_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of the conversation as the model reads it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt: `tokens` is its length; `token_ids` is None for engines that tokenise elsewhere.

    Prompts share cached prefixes only with prompts of the same `cache_salt`.
    """

    messages: tuple[ChatMessage, ...]
    tokens: int
    token_ids: tuple[int, ...] | None = None
    cache_salt: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What an earlier run of a generation has generated (`token_ids`) and shown of it (`text`, and `reasoning` before
    that where the model thinks)."""

    token_ids: tuple[int, ...]
    text: str
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample. None means the model's own default.

    `max_tokens` and `min_tokens` count all tokens of the answer, so also those of an earlier run.
    """

    max_tokens: int
    min_tokens: int = 0
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    ignore_eos: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a whole request by the count of a server that tells it at the end."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Delta:
    """What one engine step added. `finish_reason` is set on the last one only, as is `usage` where there is one.

    `preemptions` counts how often the engine has put this request back so far. `unnamed_tokens` are those whose ids
    nobody tells.
    """

    text: str
    token_ids: tuple[int, ...] = ()
    finish_reason: FinishReason | None = None
    cached_tokens: int = 0
    reasoning: str = ""
    preemptions: int = 0
    unnamed_tokens: int = 0
    usage: Usage | None = None

    @property
    def tokens(self) -> int:
        """How many it added."""
        return len(self.token_ids) + self.unnamed_tokens


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The model in use, as shown to people. Lengths in tokens. `resumable`: `stream` takes `written`."""

    name: str
    max_model_len: int
    max_num_seqs: int
    is_demo: bool = False
    notes: tuple[str, ...] = field(default=())
    resumable: bool = True


class Api(Protocol):
    """The engine's own OpenAI- and Anthropic-compatible HTTP API, without accounts, limits or queue.

    Call it where `engine.metering.current` is set: it tells there what it has used.
    """

    @property
    def app(self) -> Any:
        """ASGI: `/v1/chat/completions`, `/v1/completions`, `/v1/responses`, `/v1/messages`, `/tokenize` and so on."""

    @property
    def adapters(self) -> list[str]:
        """Further names of models: LoRA adapters."""

    async def lean_chat(self, body: dict[str, Any], request_id: str) -> AsyncGenerator[bytes, None] | None:
        """The events of a plain streaming `/v1/chat/completions`; None: ask `app`."""


Report = Callable[[EngineStatus], None]


class Engine(Protocol):
    """An engine that turns prompts into streams of deltas.

    `start` returns when a warm generation has succeeded. Cancelling the task that iterates `stream`, or
    closing the generator, frees the request inside the engine at once.
    """

    @property
    def info(self) -> ModelInfo:
        """The model; only valid after `start`. Raises EngineUnavailable before."""

    @property
    def api(self) -> Api | None:
        """Its own HTTP API; None while it cannot serve, and for engines that have none."""

    async def start(self, report: Report) -> None:
        """Load and warm up. Raises EngineConfigError or EngineUnavailable."""

    async def stop(self) -> None:
        """Free everything; running streams end with EngineUnavailable."""

    async def render(self, messages: Sequence[ChatMessage]) -> Prompt:
        """Apply the chat template and count tokens, off the event loop."""

    def stream(
        self, request_id: str, prompt: Prompt, sampling: Sampling, written: Written | None = None
    ) -> AsyncGenerator[Delta, None]:
        """Generate; with `written` go on behind it, the deltas then hold only what follows.

        When `written` is already complete, one last delta comes at once. Raises PromptTooLong,
        EngineUnavailable or EngineError.
        """

    async def check_health(self) -> None:
        """Raises EngineUnavailable when the engine cannot serve."""
