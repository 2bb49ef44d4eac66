"""What is limited, and for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

LimitName = Literal["requests", "tokens_per_minute", "tokens_per_day", "concurrent"]

# What is held for a prompt or an answer whose length nobody knows yet. With a larger context window an answer without
# `max_tokens` may use more than was held for it; the ledger has the real number when it ends.
UNSTATED_TOKENS = 8192
TEMPLATE_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """A rate of requests, tokens, and generations at the same time. None: not limited here."""

    requests: str | None = None
    tokens_per_minute: int | None = None
    tokens_per_day: int | None = None
    concurrent: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Whose use is counted: `user:<uuid>`, or `key:<uuid>` of a user's API key with limits of its own."""

    user_id: UUID
    name: str
    limits: Limits = Limits()


def most_prompt_tokens(texts: Iterable[str]) -> int:
    """At least what a prompt of these messages can have. No token is shorter than one byte of UTF-8."""
    return sum(len(text.encode()) + TEMPLATE_TOKENS for text in texts)


def most_tokens(window: int | None, prompt_tokens: int | None, max_tokens: int | None) -> int:
    """At least what a generation can use, where a prompt has at most `prompt_tokens`; None is what is not known."""
    most = (UNSTATED_TOKENS if prompt_tokens is None else prompt_tokens) + (max_tokens or UNSTATED_TOKENS)
    return most if window is None else min(most, window)
