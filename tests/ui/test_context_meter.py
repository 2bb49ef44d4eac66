"""The context meter: the next prompt as the engine counts it, with what is being typed."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from app.config import Settings
from engine.base import ChatMessage, Prompt
from tests.app.serving import Served, serving
from tests.scripted_engine import ScriptedEngine
from tests.ui.people import Person

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture(loop_scope="module")
async def served(make_settings: Callable[..., Settings]) -> AsyncIterator[Served]:
    """A small window: one word is one token."""
    async with serving(make_settings(), ScriptedEngine(reply="one two three four", window=100)) as running:
        yield running


def meter(who: Person, words: str) -> Locator:
    return who.page.get_by_role("button", name=words)


async def test_it_counts_what_is_there_and_what_is_typed(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await expect(meter(lee, "The next prompt has 0 of 100 tokens")).to_be_visible()
    await lee.message.fill("a b c")
    await expect(meter(lee, "The next prompt has 3 of 100 tokens (3 %).")).to_be_visible()
    await lee.ask("a b c")
    # The question and its answer.
    await expect(meter(lee, "The next prompt has 7 of 100 tokens")).to_be_visible()
    await lee.message.fill("x " * 65)
    await expect(meter(lee, "has 72 of 100 tokens")).to_have_accessible_name(re.compile("not much room"))
    await lee.message.fill("x " * 70)
    await expect(meter(lee, "left out")).to_be_visible()
    await lee.message.fill("x " * 99)
    await expect(meter(lee, "too long to be sent")).to_be_visible()
    assert lee.faults == []


async def test_nothing_is_counted_while_an_answer_is_written(
    person: Callable[..., Any], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    lee = await person()
    await expect(meter(lee, "has 0 of 100 tokens")).to_be_visible()
    counted: list[tuple[str, bool]] = []
    render = served.engine.render

    async def noted(messages: Sequence[ChatMessage]) -> Prompt:
        counted.append((messages[-1].content, served.engine.gate.is_set()))
        return await render(messages)

    served.engine.gate.clear()
    await lee.send("a b")
    await expect(lee.button("Stop")).to_be_visible()
    monkeypatch.setattr(served.engine, "render", noted)
    await lee.message.fill("one two three")
    # Twice the pause after which it would be counted.
    await lee.page.wait_for_timeout(1500)
    served.engine.gate.set()
    await expect(meter(lee, "has 9 of 100 tokens")).to_be_visible()
    assert [gate for content, gate in counted if content == "one two three"] == [True]
