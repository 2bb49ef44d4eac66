"""Errors of an engine.

EngineError
├── EngineUnavailable   not started, still loading, dead, or the remote server does not answer
│   └── EngineBusy      it lives and takes no more now
├── PromptTooLong       the prompt does not fit the context window
└── EngineConfigError   the settings cannot work on this machine or with this model
"""


class EngineError(Exception):
    """Anything that went wrong in the engine while it served one request."""


class EngineUnavailable(EngineError):
    """The engine cannot take requests now."""


class EngineBusy(EngineUnavailable):
    """The engine has too much to do; `retry_after` is in seconds, None when it did not say."""

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PromptTooLong(EngineError):
    """The prompt has `tokens` tokens; the window holds `limit`."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(f"the prompt has {tokens} tokens, the context window holds {limit}")
        self.tokens = tokens
        self.limit = limit


class EngineConfigError(EngineError):
    """The settings cannot work; the message names the setting and the remedy."""


def first_line(error: BaseException) -> str:
    """What it says, as far as it fits into a message of ours."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]
