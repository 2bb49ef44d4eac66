"""Announcements on the chat page: shown at once, safely, until they are dismissed, changed or withdrawn."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def test_told_at_once_dismissed_and_told_again(person: Callable[..., Any]) -> None:
    lee = await person()
    kim = await person(email="kim@example.com")
    bars = kim.page.get_by_role("note", name="Announcement")
    await expect(bars).to_have_count(0)

    await lee.page.goto(f"{lee.url}/admin")
    await lee.button("New announcement").click()
    dialog = lee.page.get_by_role("dialog")
    text = dialog.get_by_role("textbox", name="Text (Markdown)")
    await text.fill("**Tonight** <b id=x>maintenance</b> [more](https://example.com)")
    await dialog.get_by_role("combobox", name="Level").select_option("warning")
    await dialog.get_by_label("Ends").fill("2020-01-01T00:00")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("in the past")
    await dialog.get_by_label("Ends").fill("")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()

    # Without anything that Kim does.
    await expect(bars).to_have_attribute("data-level", "warning")
    await expect(bars.locator("strong")).to_have_text("Tonight")
    await expect(bars.get_by_text("<b id=x>maintenance</b>")).to_be_visible()
    await expect(bars.get_by_role("link", name="more")).to_have_attribute("href", "https://example.com")
    found = await Axe().run(kim.page)
    assert [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")] == []
    await bars.get_by_role("button", name="Dismiss").click()
    await expect(bars).to_have_count(0)
    await kim.page.reload()
    await expect(kim.message).to_be_visible()
    await expect(kim.page.locator(".announcement")).to_be_hidden()

    await lee.page.get_by_role("button", name="Edit: **Tonight**").click()
    await text.fill("Tomorrow")
    await dialog.get_by_role("button", name="Save").click()
    await expect(bars).to_contain_text("Tomorrow")
    await lee.button("Withdraw: Tomorrow").click()
    await lee.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    await expect(lee.page.get_by_text("Nothing is announced.")).to_be_visible()
    await expect(bars).to_have_count(0)
    assert lee.faults == kim.faults == []
