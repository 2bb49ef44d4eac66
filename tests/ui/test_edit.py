"""Asking in other words: the question as it was stays, and one goes back and forth between the two."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, expect
from sqlalchemy import update

from app.conversations.models import Message
from app.conversations.schemas import MessageView
from tests.app.serving import Served
from tests.ui.people import Person

pytestmark = pytest.mark.browser

PRESS = """(field, how) => field.dispatchEvent(
    new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...how }))"""


def field(person: Person) -> Locator:
    return person.page.get_by_role("textbox", name="Edit message")


async def messages(person: Person, served: Served) -> list[MessageView]:
    """What is stored of the conversation that is open."""
    address = re.search(r"/c/(.+)$", person.page.url)
    assert address is not None
    async with served.client("lee@example.com") as api:
        answer = await api.get(f"/api/conversations/{UUID(address[1])}/messages")
    return [MessageView.model_validate(item) for item in answer.json()["items"]]


async def test_edited_question_is_a_sibling_and_one_can_go_back(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("First")
    await lee.ask("Second")
    await lee.edit("First", "Better first")
    await expect(lee.questions.locator(".bubble")).to_have_text(["Better first"])
    await expect(lee.answers).to_have_count(1)
    place = lee.questions.first.locator("[aria-live=polite]")
    await expect(place).to_have_text("2 / 2")
    await expect(lee.button("Next version")).to_be_disabled()
    await lee.button("Previous version").click()
    await expect(lee.questions.locator(".bubble")).to_have_text(["First", "Second"])
    await expect(place).to_have_text("1 / 2")
    await expect(lee.button("Next version")).to_be_focused()
    await lee.page.keyboard.press("Enter")
    await expect(lee.questions.locator(".bubble")).to_have_text(["Better first"])
    roots = [message for message in await messages(lee, served) if message.parent_id is None]
    assert [message.content for message in roots] == ["First", "Better first"]
    assert lee.faults == []


async def test_edit_in_the_middle_keeps_what_is_above(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("First")
    await lee.ask("Second")
    await lee.ask("Third")
    await lee.edit("Second", "Other second")
    await expect(lee.questions.locator(".bubble")).to_have_text(["First", "Other second"])
    await expect(lee.questions.first.get_by_role("button", name="Previous version")).to_have_count(0)
    stored = {message.content: message for message in await messages(lee, served) if message.role == "user"}
    assert stored["Other second"].parent_id == stored["Second"].parent_id
    await lee.page.reload()
    await expect(lee.questions.locator(".bubble")).to_have_text(["First", "Other second"])


async def test_message_goes_below_the_branch_that_is_shown(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("First")
    await lee.edit("First", "Better first")
    await lee.button("Previous version").click()
    await expect(lee.questions.locator(".bubble")).to_have_text(["First"])
    await lee.ask("More about the first")
    await expect(lee.questions.locator(".bubble")).to_have_text(["First", "More about the first"])
    stored = {message.id: message for message in await messages(lee, served)}
    more = next(message for message in stored.values() if message.content == "More about the first")
    assert more.parent_id is not None
    answer = stored[more.parent_id]
    assert answer.parent_id is not None
    assert stored[answer.parent_id].content == "First"
    # The model has read this branch and not the other one.
    read = [message.content for message in served.engine.prompts[-1].messages]
    assert "First" in read
    assert "Better first" not in read


async def test_keys(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("First")
    opener = lee.questions.get_by_role("button", name="Edit")
    await opener.focus()
    await expect(opener).to_have_css("opacity", "1")
    await opener.press("Enter")
    await expect(field(lee)).to_be_focused()
    await field(lee).fill("안녕")
    for how in ({"isComposing": True}, {"keyCode": 229}):
        await field(lee).evaluate(PRESS, {"key": "Enter", "ctrlKey": True, **how})
        await field(lee).evaluate(PRESS, {"key": "Escape", **how})
    await field(lee).press("Enter")
    await expect(field(lee)).to_have_value("안녕\n")
    await field(lee).press("Escape")
    await expect(field(lee)).to_have_count(0)
    await expect(opener).to_be_focused()
    await expect(lee.questions.locator(".bubble")).to_have_text(["First"])
    await opener.press("Enter")
    await expect(field(lee)).to_have_value("First")
    await field(lee).fill("Second")
    await field(lee).press("Control+Enter")
    await expect(lee.questions.locator(".bubble")).to_have_text(["Second"])
    assert len(served.engine.prompts) == 2


async def test_refused_edit_is_told_and_kept(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("First")
    await lee.questions.hover()
    await lee.button("Edit").click()
    await field(lee).fill(" ")
    await expect(lee.button("Save and send")).to_be_disabled()
    long = "word " * 9000
    await field(lee).fill(long)
    await lee.button("Save and send").click()
    await expect(lee.page.get_by_role("alert").filter(has_text="tokens")).to_be_visible()
    await expect(field(lee)).to_have_value(long)
    await expect(lee.button("Save and send")).to_be_enabled()
    await lee.button("Cancel").click()
    await expect(lee.questions.locator(".bubble")).to_have_text(["First"])
    assert len(await messages(lee, served)) == 2


async def test_editing_while_an_answer_runs_leaves_it_running(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.gate.clear()
    await lee.send("First")
    await expect(lee.button("Stop")).to_be_visible()
    await lee.edit("First", "Other first")
    await expect(lee.button("Stop")).to_be_visible()
    served.engine.gate.set()
    await expect(lee.answers).to_contain_text("Markdown and code too")
    await expect(lee.button("Stop")).to_have_count(0)
    await lee.button("Previous version").click()
    await expect(lee.questions.locator(".bubble")).to_have_text(["First"])
    await expect(lee.answers).to_contain_text("Markdown and code too")


async def test_phone(person: Callable[..., Any]) -> None:
    lee = await person(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    await lee.ask("A question on the phone that is long enough to need more than one line")
    # There is nothing to hover with.
    opener = lee.button("Edit")
    await expect(opener).to_have_css("opacity", "1")
    await opener.tap()
    await field(lee).fill("A better question on the phone that is long enough to need more than one line")
    await expect(lee.button("Save and send")).to_be_in_viewport()
    await lee.button("Save and send").tap()
    await lee.button("Previous version").tap()
    await expect(lee.questions.locator(".bubble")).to_contain_text("A question")
    assert await lee.page.evaluate("document.documentElement.scrollWidth") == 360
    small = """() => [...document.querySelectorAll('.log button')].map((e) => e.getBoundingClientRect())
        .filter((box) => box.height < 40 || box.width < 40 || box.right > 360).length"""
    assert await lee.page.evaluate(small) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_accessibility_faults(person: Callable[..., Any], scheme: str) -> None:
    lee = await person(color_scheme=scheme)
    await lee.ask("First")
    await lee.edit("First", "Better first")
    await lee.button("Regenerate").click()
    await expect(lee.button("Previous version")).to_have_count(2)
    await expect(lee.button("Details")).to_be_visible()
    await lee.ask("Second")
    await lee.questions.last.hover()
    await lee.questions.last.get_by_role("button", name="Edit").click()
    await expect(field(lee)).to_be_focused()
    report = await Axe().run(lee.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert report.violations_count == 0, report.generate_report()


async def test_clock_that_goes_back_loses_nothing(person: Callable[..., Any], served: Served) -> None:
    """Another server, or the same one after its clock was set."""
    lee = await person()
    await lee.ask("First")
    later = update(Message).values(created_at=datetime.now(UTC) + timedelta(hours=1))
    async with served.services.db.transaction() as db:
        await db.execute(later)
    await lee.page.reload()
    await expect(lee.questions).to_have_count(1)
    await lee.ask("Second")
    await expect(lee.questions.locator(".bubble")).to_have_text(["First", "Second"])
    await expect(lee.answers).to_have_count(2)
