"""Thumbs under an answer, and the comment."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def test_it_is_kept_commented_and_taken_back(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.ask("Hello")
    good, bad = lee.button("Good answer"), lee.button("Bad answer")
    await expect(good).to_have_attribute("aria-pressed", "false")
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "true")
    await bad.click()
    await expect(bad).to_have_attribute("aria-pressed", "true")
    await expect(good).to_have_attribute("aria-pressed", "false")
    field = lee.page.get_by_role("textbox", name="Tell us more")
    await field.fill("The number is wrong")
    report = await Axe().run(lee.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert report.violations_count == 0, report.generate_report()
    await lee.button("Save comment").click()
    await expect(field).to_have_count(0)
    await lee.page.reload()
    await expect(bad).to_have_attribute("aria-pressed", "true")
    await expect(lee.answers).to_contain_text("The number is wrong")
    await lee.button("The number is wrong").click()
    await expect(field).to_have_value("The number is wrong")
    await lee.button("Close").click()
    await expect(lee.button("The number is wrong")).to_be_visible()
    await bad.click()
    await expect(bad).to_have_attribute("aria-pressed", "false")
    await lee.page.reload()
    await expect(bad).to_have_attribute("aria-pressed", "false")
    await expect(lee.answers).not_to_contain_text("The number is wrong")
    assert lee.faults == []


async def test_only_what_was_said_is_rated(person: Callable[..., Any], served: Any) -> None:
    lee = await person(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    served.engine.gate.clear()
    await lee.send("Hello")
    await expect(lee.button("Stop")).to_be_visible()
    await expect(lee.button("Good answer")).to_be_hidden()
    served.engine.gate.set()
    await lee.button("Bad answer").tap()
    await expect(lee.button("Save comment")).to_be_in_viewport()
    assert await lee.page.evaluate("document.documentElement.scrollWidth") == 360
