"""Errors of an engine.

EngineError
├── EngineUnavailable   not started, still loading, dead, or the remote server does not answer
├── PromptTooLong       the prompt does not fit the context window
└── EngineConfigError   the settings cannot work on this machine or with this model
"""


class EngineError(Exception):
    """Anything that went wrong in the engine while it served one request."""


class EngineUnavailable(EngineError):
    """The engine cannot take requests now."""


class PromptTooLong(EngineError):
    """The prompt has `tokens` tokens; the window holds `limit`."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(f"the prompt has {tokens} tokens, the context window holds {limit}")
        self.tokens = tokens
        self.limit = limit


class EngineConfigError(EngineError):
    """The settings cannot work; the message names the setting and the remedy."""
