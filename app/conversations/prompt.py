"""From a conversation to the prompt. The prompt only grows at its end, so that the next turn finds the previous one
in the prefix cache. When the window is full the older half falls away at once, not a turn at a time: the turns
after that grow at their end again."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any, Protocol
from uuid import UUID

from app.errors import TooLarge
from engine.base import ChatMessage, Engine, Prompt

# An answer gets at least this share of the window unless fewer tokens were asked for.
REPLY_SHARE = 4
# What is kept of a full window.
KEPT_SHARE = 2
MIN_REPLY_TOKENS = 16
# More than this never fits, runs of blanks apart: it is cut before it is counted, for tokenizing a conversation of
# 1000 long messages takes half a minute.
CHARS_PER_TOKEN = 16


class Stored(Protocol):
    """What the builder reads of a stored message."""

    id: UUID
    role: str
    content: str
    receipt: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message with its id."""

    id: UUID
    message: ChatMessage


@dataclass(frozen=True, slots=True)
class Fitted:
    """The prompt, how many new tokens there is room for, and the oldest message in it when older ones are not."""

    prompt: Prompt
    room: int
    context_start: UUID | None


def turns(path: Sequence[Stored]) -> list[Turn]:
    """The stored messages byte for byte. Answers without text (stopped before the first token) are left out."""
    return [
        Turn(one.id, ChatMessage("assistant" if one.role == "assistant" else "user", one.content))
        for one in path
        if one.content
    ]


def last_start(path: Sequence[Stored]) -> str | None:
    """Where the prompt of the newest answer began, if that was not the beginning."""
    receipts = [one.receipt for one in path if one.receipt]
    return receipts[-1].get("context_start") if receipts else None


def last_length(path: Sequence[Stored]) -> int:
    """Tokens of the newest answer and of its prompt, which the prefix cache probably holds."""
    receipts = [one.receipt for one in path if one.receipt]
    usage = receipts[-1].get("usage", {}) if receipts else {}
    return int(usage.get("prompt_tokens", 0)) + int(usage.get("completion_tokens", 0))


def alternating(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Join questions that follow one another: many chat templates insist on alternating roles."""
    joined: list[ChatMessage] = []
    for role, group in groupby(messages, key=lambda message: message.role):
        if role == "user":
            joined.append(ChatMessage("user", "\n\n".join(message.content for message in group)))
        else:
            joined += group
    return joined


async def fit(
    engine: Engine, system: str | None, said: Sequence[Turn], max_tokens: int | None, start: str | None = None
) -> Fitted:
    """The prompt within the window, from the message `start` on when there is one.

    Raises TooLarge (`context_length_exceeded`) when even the last message alone does not fit.
    """
    head = [ChatMessage("system", system)] if system else []
    window = engine.info.max_model_len
    reserve = min(max_tokens or window, window // REPLY_SHARE)

    async def render(begin: int) -> Prompt:
        return await engine.render(alternating([*head, *(turn.message for turn in said[begin:])]))

    # Characters from each message to the end.
    lengths = list(accumulate(len(turn.message.content) for turn in reversed(said)))[::-1]
    most = window * CHARS_PER_TOKEN
    begin = next((index for index, turn in enumerate(said) if str(turn.id) == start), 0)
    prompt = await render(begin) if lengths[begin] <= most else None
    if prompt is None or prompt.tokens + reserve > window:
        least = await render(len(said) - 1)
        _check(least.tokens, min(reserve, MIN_REPLY_TOKENS), window)
        begin, prompt = len(said) - 1, least
        starts = [index for index, turn in enumerate(said) if turn.message.role == "user" and lengths[index] <= most]
        low, high = 0, len(starts) - 1
        while low < high:
            middle = (low + high) // 2
            candidate = await render(starts[middle])
            if candidate.tokens <= window // KEPT_SHARE and candidate.tokens + reserve <= window:
                high, begin, prompt = middle, starts[middle], candidate
            else:
                low = middle + 1
    room = window - prompt.tokens
    return Fitted(prompt, min(max_tokens or room, room), said[begin].id if begin else None)


def _check(tokens: int, reserve: int, window: int) -> None:
    if tokens + reserve > window:
        raise TooLarge(
            f"The message has {tokens} tokens; at most {window - MIN_REPLY_TOKENS} fit into the "
            f"context window of {window}.",
            code="context_length_exceeded",
            tokens=tokens,
            limit=window - MIN_REPLY_TOKENS,
            window=window,
        )
