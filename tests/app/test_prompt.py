"""The prompt grows at its end, and never leaves the window."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conversations.prompt import alternating, fit, turns
from app.errors import TooLarge
from engine.base import ChatMessage
from tests.scripted_engine import ScriptedEngine


@dataclass
class Stored:
    role: str
    content: str


async def engine(window: int) -> ScriptedEngine:
    scripted = ScriptedEngine(window=window)
    await scripted.start(lambda status: None)
    return scripted


def test_stored_turns_stay_byte_for_byte() -> None:
    path = [Stored("user", " 하나 \n"), Stored("assistant", "**답**\r\n")]
    assert turns("규칙", path, "둘") == [
        ChatMessage("system", "규칙"),
        ChatMessage("user", " 하나 \n"),
        ChatMessage("assistant", "**답**\r\n"),
        ChatMessage("user", "둘"),
    ]


def test_an_answer_without_text_is_left_out_and_roles_alternate() -> None:
    path = [Stored("user", "하나"), Stored("assistant", "")]
    assert alternating(turns(None, path, "둘")) == [ChatMessage("user", "하나\n\n둘")]


async def test_the_oldest_turns_fall_away_first() -> None:
    messages = turns("rule", [Stored("user", "a " * 30), Stored("assistant", "b " * 30)] * 3, "new question")
    prompt, max_tokens = await fit(await engine(100), messages, None)
    assert prompt.messages[0] == ChatMessage("system", "rule")
    assert prompt.messages[-1] == ChatMessage("user", "new question")
    assert prompt.messages[1].role == "user"
    assert max_tokens == 100 - prompt.tokens


async def test_a_message_that_cannot_fit_names_the_counts() -> None:
    with pytest.raises(TooLarge) as caught:
        await fit(await engine(100), [ChatMessage("user", "word " * 90)], None)
    assert caught.value.code == "context_length_exceeded"
    assert (caught.value.params["tokens"], caught.value.params["window"]) == (90, 100)


@given(
    history=st.lists(st.integers(1, 60), max_size=12),
    question=st.integers(1, 84),
    max_tokens=st.one_of(st.none(), st.integers(1, 300)),
)
async def test_never_outside_the_window(history: list[int], question: int, max_tokens: int | None) -> None:
    path = [Stored("user" if i % 2 == 0 else "assistant", "w " * n) for i, n in enumerate(history)]
    prompt, allowed = await fit(await engine(100), turns(None, path, "q " * question), max_tokens)
    assert prompt.tokens + allowed <= 100
    assert 1 <= allowed <= (max_tokens or 100)
    assert prompt.messages[-1].content.endswith("q " * question)
