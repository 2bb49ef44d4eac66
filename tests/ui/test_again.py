"""Another answer to the same question, and going on with one that was cut off."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from engine.errors import EngineError
from tests.app.serving import Served

pytestmark = pytest.mark.browser

TWICE = "(button) => { button.click(); button.click(); }"


async def test_regenerate_makes_a_sibling_that_is_followed(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.reply = "the first answer"
    await lee.ask("Question")
    served.engine.reply = "another answer"
    served.engine.gate.clear()
    await lee.button("Regenerate").click()
    await expect(lee.button("Stop")).to_be_visible()
    await expect(lee.answers).to_have_count(1)
    await expect(lee.answers).not_to_contain_text("the first answer")
    await expect(lee.answers.locator("[aria-live=polite]")).to_have_text("2 / 2")
    # While it is written one can already go back to the other one.
    await lee.button("Previous version").click()
    await expect(lee.answers).to_contain_text("the first answer")
    await lee.button("Next version").click()
    served.engine.gate.set()
    await expect(lee.answers).to_contain_text("another answer")
    await expect(lee.button("Details")).to_be_visible()
    await lee.button("Previous version").click()
    await expect(lee.answers).to_contain_text("the first answer")
    await lee.button("Next version").click()
    await expect(lee.answers).to_contain_text("another answer")
    await expect(lee.questions).to_have_count(1)
    assert lee.faults == []


async def test_regenerate_in_the_middle_begins_a_branch(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.reply = "the first answer"
    await lee.ask("First")
    await lee.ask("Second")
    served.engine.reply = "another answer"
    await lee.answers.first.get_by_role("button", name="Regenerate").click()
    await expect(lee.answers).to_have_count(1)
    await expect(lee.answers).to_contain_text("another answer")
    await lee.button("Previous version").click()
    await expect(lee.questions.locator(".bubble")).to_have_text(["First", "Second"])


@pytest.mark.parametrize("how", ["double click", "at once"])
async def test_pressed_twice_makes_one(person: Callable[..., Any], served: Served, how: str) -> None:
    lee = await person()
    await lee.message.fill("Question")
    press = lee.button("Send").dblclick() if how == "double click" else lee.button("Send").evaluate(TWICE)
    await press
    again = lee.button("Regenerate")
    await expect(again).to_be_visible()
    assert len(served.engine.prompts) == 1
    await (again.dblclick() if how == "double click" else again.evaluate(TWICE))
    await expect(lee.answers.locator("[aria-live=polite]")).to_have_text("2 / 2")
    await expect(again).to_be_visible()
    # Whatever the second press began would be in the queue before this one.
    await lee.ask("Next question")
    assert len(served.engine.prompts) == 3


@pytest.mark.parametrize("how", ["double click", "at once"])
async def test_suggestion_pressed_twice_asks_once(person: Callable[..., Any], served: Served, how: str) -> None:
    lee = await person()
    suggestion = lee.button("What is this service?")
    await (suggestion.dblclick() if how == "double click" else suggestion.evaluate(TWICE))
    await expect(lee.button("Details")).to_be_visible()
    await lee.ask("Next question")
    assert len(served.engine.prompts) == 2


async def test_continue_goes_on_in_the_same_place(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.reply = " ".join(f"word{number}" for number in range(40))
    served.engine.hold = 9
    await lee.send("Count")
    await expect(lee.answers).to_contain_text("word3")
    await lee.button("Stop").click()
    await expect(lee.answers).to_contain_text("You stopped this answer.")
    await expect(lee.answers.locator(".prose")).not_to_contain_text("word39")
    stopped_at = await lee.answers.locator(".prose").inner_text()
    await lee.button("Continue").click()
    await expect(lee.button("Stop")).to_be_visible()
    # What was written before stays on the page.
    await expect(lee.answers.locator(".prose")).to_contain_text(stopped_at)
    await expect(lee.answers).not_to_contain_text("You stopped this answer.")
    served.engine.go_on()
    await expect(lee.answers.locator(".prose")).to_have_text(served.engine.reply)
    await expect(lee.answers).to_have_count(1)
    await expect(lee.button("Continue")).to_have_count(0)
    await expect(lee.button("Next version")).to_have_count(0)
    await lee.page.reload()
    await expect(lee.answers.locator(".prose")).to_have_text(served.engine.reply)
    assert lee.faults == []


async def test_continue_is_offered_only_where_something_is_missing(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.ask("Question")
    await expect(lee.button("Regenerate")).to_be_visible()
    await expect(lee.button("Continue")).to_have_count(0)


async def test_after_an_error_one_can_ask_again(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.failure = EngineError("broken")
    await lee.send("Question")
    await expect(lee.answers.locator(".note-error")).to_be_visible()
    served.engine.failure = None
    await lee.button("Regenerate").click()
    await expect(lee.answers).to_contain_text("Markdown and code too")
    await expect(lee.answers.locator(".note-error")).to_be_hidden()
