"""When a conversation no longer fits the model's window, the page shows from where on it is read."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from app.config import Settings
from tests.app.serving import Served, serving
from tests.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.browser

LINE = "The model no longer reads what is above this line"
BEHIND_LINE = "(line) => line.nextElementSibling.querySelector('.bubble').textContent"


@pytest_asyncio.fixture(loop_scope="module")
async def served(make_settings: Callable[..., Settings]) -> AsyncIterator[Served]:
    """A model that reads 60 words at once."""
    async with serving(make_settings(), ScriptedEngine("an answer of five words", window=60)) as running:
        yield running


def words(number: int) -> str:
    return f"question{number} " + "word " * 14


async def test_line_above_what_is_read(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    line = lee.log.get_by_role("separator", name=LINE)
    await lee.ask(words(1))
    await expect(line).to_have_count(0)
    number = 1
    while len(served.engine.prompts[-1].messages) == 2 * number - 1:
        number += 1
        await lee.ask(words(number))
    first = served.engine.prompts[-1].messages[0].content
    await expect(line).to_have_count(1)
    assert first.startswith("question2") or first.startswith("question3")
    assert await line.evaluate(BEHIND_LINE) == first
    await lee.page.reload()
    await expect(line).to_have_count(1)
    assert await line.evaluate(BEHIND_LINE) == first
    # Only for the newest answer of the path that is shown: a new beginning is read as a whole.
    await lee.edit("question1", "short")
    await expect(lee.button("Details")).to_be_visible()
    await expect(line).to_have_count(0)
    await lee.button("Previous version").click()
    await expect(line).to_have_count(1)
    assert await line.evaluate(BEHIND_LINE) == first
