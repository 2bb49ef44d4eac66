"""Keyboard shortcuts, their overview, and the way past the sidebar."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.app.serving import Served

pytestmark = pytest.mark.browser

COMPOSING = """field => {
    const key = { key: "k", code: "KeyK", ctrlKey: true, bubbles: true, cancelable: true };
    field.dispatchEvent(new KeyboardEvent("keydown", { ...key, isComposing: true }));
    field.dispatchEvent(new KeyboardEvent("keydown", { ...key, keyCode: 229 }));
}"""


async def test_shortcuts_do_what_the_overview_says(person: Callable[..., Any], served: Served) -> None:
    lee = await person(permissions=["clipboard-read", "clipboard-write"])
    keyboard, search = lee.page.keyboard, lee.page.get_by_role("searchbox", name="Search conversations")
    await lee.ask("hello")
    await keyboard.press("Control+Shift+C")
    await expect(lee.page.locator("[data-copied]")).to_have_count(1)
    assert await lee.page.evaluate("navigator.clipboard.readText()") == served.engine.reply
    await keyboard.press("Control+k")
    await expect(search).to_be_focused()
    await keyboard.press("Shift+Escape")
    await expect(lee.message).to_be_focused()
    await keyboard.press("Control+Shift+S")
    await expect(search).to_be_hidden()
    await keyboard.press("Control+k")
    await expect(search).to_be_focused()
    await keyboard.press("Control+Shift+O")
    await lee.page.wait_for_url(f"{lee.url}/")
    await keyboard.press("Control+Shift+,")
    await expect(lee.page.get_by_role("dialog", name="Chat settings")).to_be_visible()
    served.engine.gate.clear()
    await lee.send("stop me")
    await expect(lee.button("Stop")).to_be_visible()
    await keyboard.press("Control+.")
    await expect(lee.button("Stop")).to_have_count(0)
    served.engine.gate.set()
    await keyboard.press("Control+,")
    await lee.page.wait_for_url("**/settings")
    assert lee.faults == []


async def test_the_overview_and_what_is_typed(person: Callable[..., Any]) -> None:
    lee = await person()
    overview = lee.page.get_by_role("dialog", name="Keyboard shortcuts")
    await lee.message.press_sequentially("why?")
    await expect(lee.message).to_have_value("why?")
    await expect(overview).to_be_hidden()
    await lee.message.evaluate(COMPOSING)
    await expect(lee.message).to_be_focused()
    await lee.page.keyboard.press("Control+/")
    await expect(overview).to_contain_text("Search conversationsCtrlK")
    # While a dialog is open the keys are its own.
    await lee.page.keyboard.press("Control+k")
    await lee.page.keyboard.press("Escape")
    await expect(overview).to_be_hidden()
    await expect(lee.message).to_be_focused()
    await lee.message.blur()
    await lee.page.keyboard.press("?")
    await expect(overview).to_be_visible()
    await overview.get_by_role("button", name="Close").click()
    await lee.page.get_by_role("button", name="Account menu").click()
    await lee.button("Keyboard shortcuts").click()
    await expect(overview).to_be_visible()


async def test_the_keyboard_gets_past_the_sidebar(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.page.get_by_role("link", name="vllm-chat").focus()
    await lee.page.keyboard.press("Shift+Tab")
    skip = lee.page.get_by_role("link", name="Skip to the message field")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await lee.page.keyboard.press("Enter")
    await expect(lee.message).to_be_focused()
