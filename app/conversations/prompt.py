"""From a conversation to the prompt. The prompt only grows at its end, so that the next turn finds the
previous one in the prefix cache; only when the window is full do the oldest turns fall away."""

from collections.abc import Sequence
from typing import Protocol

from app.errors import TooLarge
from engine.base import ChatMessage, Engine, Prompt

# An answer gets at least this share of the window unless fewer tokens were asked for.
REPLY_SHARE = 4
MIN_REPLY_TOKENS = 16


class Turn(Protocol):
    """What the builder reads of a stored message."""

    role: str
    content: str


def turns(system_prompt: str | None, path: Sequence[Turn], content: str) -> list[ChatMessage]:
    """The system prompt, the stored messages byte for byte, and the new question.

    Answers without text (stopped before the first token) are left out.
    """
    messages = [ChatMessage("system", system_prompt)] if system_prompt else []
    spoken = (turn for turn in path if turn.content)
    messages += [ChatMessage("assistant" if turn.role == "assistant" else "user", turn.content) for turn in spoken]
    return [*messages, ChatMessage("user", content)]


def alternating(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Join questions that follow one another: many chat templates insist on alternating roles."""
    joined: list[ChatMessage] = []
    for message in messages:
        if joined and joined[-1].role == message.role == "user":
            joined[-1] = ChatMessage("user", f"{joined[-1].content}\n\n{message.content}")
        else:
            joined.append(message)
    return joined


async def fit(engine: Engine, messages: Sequence[ChatMessage], max_tokens: int | None) -> tuple[Prompt, int]:
    """The prompt within the window, and how many new tokens there is room for.

    Raises TooLarge (`context_length_exceeded`) when even the last message alone does not fit.
    """
    window = engine.info.max_model_len
    reserve = min(max_tokens or window, window // REPLY_SHARE)
    prompt = await engine.render(alternating(messages))
    if prompt.tokens + reserve > window:
        prompt = await _without_oldest(engine, messages, window, reserve)
    room = window - prompt.tokens
    return prompt, min(max_tokens or room, room)


async def _without_oldest(engine: Engine, messages: Sequence[ChatMessage], window: int, reserve: int) -> Prompt:
    head = [message for message in messages[:1] if message.role == "system"]
    rest = messages[len(head) :]
    starts = [index for index, message in enumerate(rest) if message.role == "user"]
    least = await engine.render([*head, rest[-1]])
    if least.tokens + min(reserve, MIN_REPLY_TOKENS) > window:
        raise TooLarge(
            f"The message has {least.tokens} tokens; at most {window - MIN_REPLY_TOKENS} fit into the "
            f"context window of {window}.",
            code="context_length_exceeded",
            tokens=least.tokens,
            limit=window - MIN_REPLY_TOKENS,
            window=window,
        )
    # The smallest number of turns to leave out; the last turn alone is known to fit.
    low, high, best = 1, len(starts) - 1, least
    while low < high:
        middle = (low + high) // 2
        candidate = await engine.render(alternating([*head, *rest[starts[middle] :]]))
        if candidate.tokens + reserve <= window:
            high, best = middle, candidate
        else:
            low = middle + 1
    return best
