"""The prompt grows at its end, and never leaves the window."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conversations.prompt import Turn, alternating, fit, last_start, turns
from app.errors import TooLarge
from engine.base import ChatMessage
from tests.scripted_engine import ScriptedEngine


@dataclass
class Stored:
    role: str
    content: str
    receipt: dict[str, Any] | None = None
    id: UUID = field(default_factory=uuid4)


async def engine(window: int) -> ScriptedEngine:
    scripted = ScriptedEngine(window=window)
    await scripted.start(lambda status: None)
    return scripted


def said(*messages: tuple[str, str]) -> list[Turn]:
    return turns([Stored(role, content) for role, content in messages])


def test_stored_turns_stay_byte_for_byte() -> None:
    path = [Stored("user", " 하나 \n"), Stored("assistant", "**답**\r\n")]
    assert [(turn.id, turn.message) for turn in turns(path)] == [
        (path[0].id, ChatMessage("user", " 하나 \n")),
        (path[1].id, ChatMessage("assistant", "**답**\r\n")),
    ]


def test_an_answer_without_text_is_left_out_and_roles_alternate() -> None:
    messages = [turn.message for turn in said(("user", "하나"), ("assistant", ""), ("user", "둘"))]
    assert alternating(messages) == [ChatMessage("user", "하나\n\n둘")]


async def test_the_older_half_falls_away_at_once_and_the_place_is_marked() -> None:
    talk = said(*[("user", "a " * 10), ("assistant", "b " * 10)] * 4, ("user", "new question"))
    fitted = await fit(await engine(100), "rule", talk, None)
    assert fitted.prompt.messages[0] == ChatMessage("system", "rule")
    assert fitted.prompt.messages[-1] == ChatMessage("user", "new question")
    assert fitted.prompt.tokens == 1 + 40 + 2
    assert fitted.context_start == talk[4].id
    assert fitted.room == 100 - fitted.prompt.tokens


async def test_after_the_cut_the_prompt_grows_at_its_end_again() -> None:
    talk = said(*[("user", "a " * 10), ("assistant", "b " * 10)] * 4, ("user", "new question"))
    scripted = await engine(100)
    first = await fit(scripted, None, talk, None)
    path = [Stored("assistant", "old", {"context_start": str(first.context_start)}), Stored("user", "x", None)]
    assert last_start(path) == str(first.context_start)
    longer = [*talk, *said(("assistant", "c " * 10), ("user", "next"))]
    second = await fit(scripted, None, longer, None, last_start(path))
    assert second.context_start == first.context_start
    assert second.prompt.messages[: len(first.prompt.messages)] == first.prompt.messages


async def test_nothing_is_marked_while_all_fits() -> None:
    fitted = await fit(await engine(100), None, said(("user", "a"), ("assistant", "b"), ("user", "c")), 10)
    assert (fitted.context_start, fitted.room) == (None, 10)


async def test_a_message_that_cannot_fit_names_the_counts() -> None:
    with pytest.raises(TooLarge) as caught:
        await fit(await engine(100), None, said(("user", "word " * 90)), None)
    assert caught.value.code == "context_length_exceeded"
    assert (caught.value.params["tokens"], caught.value.params["window"]) == (90, 100)


@given(
    history=st.lists(st.integers(1, 60), max_size=12),
    question=st.integers(1, 84),
    max_tokens=st.one_of(st.none(), st.integers(1, 300)),
)
async def test_never_outside_the_window(history: list[int], question: int, max_tokens: int | None) -> None:
    talk = said(*(("user" if i % 2 == 0 else "assistant", "w " * n) for i, n in enumerate(history)))
    fitted = await fit(await engine(100), None, [*talk, *said(("user", "q " * question))], max_tokens)
    assert fitted.prompt.tokens + fitted.room <= 100
    assert 1 <= fitted.room <= (max_tokens or 100)
    assert fitted.prompt.messages[-1].content.endswith("q " * question)
