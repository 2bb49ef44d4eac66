"""The prompt library: kept in the settings, chosen by “/” or by a button, with blanks that are asked for."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.ui.people import Person
from tests.ui.test_settings import open_dialog, open_settings

pytestmark = pytest.mark.browser


async def keep(who: Person, title: str, content: str) -> None:
    dialog = await open_dialog(who, "New prompt")
    await dialog.get_by_label("Title").fill(title)
    await dialog.get_by_label("Text").fill(content)
    await dialog.get_by_role("button", name="Save").click()
    await expect(rows(who).filter(has_text=title)).to_be_visible()


def rows(who: Person) -> Locator:
    return who.page.get_by_role("list", name="Prompts").get_by_role("listitem")


def option(who: Person, title: str) -> Locator:
    return who.page.get_by_role("listbox", name="Prompts").get_by_role("option").filter(has_text=title)


async def test_a_prompt_with_blanks_lands_in_the_composer(person: Callable[..., Any]) -> None:
    lee = await person()
    await open_settings(lee)
    await expect(lee.page.get_by_text("You have no prompts yet. Keep")).to_be_visible()
    await keep(lee, "Translate", "Translate into {{language}}:\n{{text}} ({{language}})")
    await keep(lee, "Sum up", "Sum up in one line.")
    await lee.page.goto(lee.url)
    # By “/”, with the keyboard alone.
    await lee.message.press_sequentially("/")
    await expect(option(lee, "Sum up")).to_have_attribute("aria-selected", "true")
    await lee.message.press("ArrowDown")
    await expect(option(lee, "Translate")).to_have_attribute("aria-selected", "true")
    await lee.message.press("Enter")
    await expect(lee.page.get_by_role("textbox", name="language")).to_be_focused()
    await lee.page.keyboard.type("Korean")
    await lee.page.get_by_role("textbox", name="text", exact=True).fill("$& good {{day}}")
    await lee.page.keyboard.press("Enter")
    await expect(lee.message).to_have_value("Translate into Korean:\n$& good {{day}} (Korean)")
    await expect(lee.message).to_be_focused()
    await lee.message.press("Enter")
    await expect(lee.questions).to_have_count(1)
    # By the button, with a filter, to where the cursor is.
    await lee.message.fill("Please: ")
    await lee.button("Prompts").click()
    await lee.page.get_by_role("searchbox", name="Search prompts").fill("one LINE")
    await expect(option(lee, "Translate")).to_have_count(0)
    await option(lee, "Sum up").click()
    await expect(lee.message).to_have_value("Please: Sum up in one line.")
    assert lee.faults == []


async def test_slashes_that_mean_something_else(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.message.fill("/")
    await expect(lee.page.get_by_text("You have no prompts yet.")).to_be_visible()
    await lee.message.press("Escape")
    await expect(lee.page.get_by_role("dialog", name="Prompts")).to_have_count(0)
    await expect(lee.message).to_have_value("/")
    await lee.ask("/etc/hosts is a file")
    await expect(lee.questions.locator(".bubble")).to_have_text("/etc/hosts is a file")


async def test_a_prompt_is_changed_and_deleted(person: Callable[..., Any]) -> None:
    lee = await person(viewport={"width": 360, "height": 740})
    await lee.page.goto(f"{lee.url}/settings")
    await keep(lee, "인사", "안녕하세요")
    await lee.button("Edit: 인사").click()
    dialog = lee.page.get_by_role("dialog", name="Edit prompt")
    await expect(dialog.get_by_label("Text")).to_have_value("안녕하세요")
    await dialog.get_by_label("Title").fill(" ")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Please check what you entered")
    await dialog.get_by_label("Title").fill("새 인사")
    await dialog.get_by_role("button", name="Save").click()
    await expect(rows(lee)).to_contain_text(["새 인사"])
    await lee.button("Delete: 새 인사").click()
    await lee.page.get_by_role("dialog", name="Delete this prompt?").get_by_role("button", name="Delete").click()
    await expect(lee.page.get_by_text("You have no prompts yet. Keep")).to_be_visible()
