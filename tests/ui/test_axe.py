"""axe finds nothing to complain about: every page and dialog, light and dark, wide and as a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.app.serving import PASSWORD
from tests.ui.people import Person

pytestmark = pytest.mark.browser

OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# A link of mails and three answers of the service that anybody may meet.
PUBLIC = ("/login", "/register", "/forgot", "/reset?token=x", "/verify?token=x", "/invite/x", "/nowhere")
LOOKS = [
    pytest.param({"color_scheme": "light", "viewport": {"width": 360, "height": 780}}, id="light phone"),
    pytest.param({"color_scheme": "dark", "viewport": {"width": 1440, "height": 900}}, id="dark desktop"),
]


async def check(page: Page, what: str) -> None:
    found = await Axe().run(page, options=OPTIONS)
    assert found.violations_count == 0, f"{what}\n{found.generate_report()}"
    width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, f"{what}: {width} px too wide"


async def dialog_open(who: Person, opener: str, name: str) -> None:
    await who.button(opener).locator("visible=true").first.click()
    await expect(who.page.get_by_role("dialog", name=name)).to_be_visible()
    await check(who.page, name)


@pytest.mark.parametrize("look", LOOKS)
async def test_chat(person: Callable[..., Any], look: dict[str, Any]) -> None:
    lee = await person(reduced_motion="reduce", **look)
    await check(lee.page, "empty chat")
    await dialog_open(lee, "Chat settings", "Chat settings")
    await lee.page.keyboard.press("Escape")
    await lee.message.press_sequentially("/")
    await expect(lee.page.get_by_role("dialog", name="Prompts")).to_be_visible()
    await check(lee.page, "prompts")
    await lee.message.fill("")
    await lee.ask("hello")
    await lee.button("Details").click()
    await check(lee.page, "chat with messages")
    await lee.button("Options").click()
    await check(lee.page, "menu of the conversation")
    await lee.button("Rename").click()
    await expect(lee.page.get_by_role("dialog", name="Rename conversation")).to_be_visible()
    await check(lee.page, "rename")
    await lee.page.keyboard.press("Escape")
    await lee.message.focus()
    await lee.page.keyboard.press("Control+/")
    await expect(lee.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await check(lee.page, "shortcuts")


@pytest.mark.parametrize("look", LOOKS)
async def test_settings_and_public_pages(person: Callable[..., Any], look: dict[str, Any]) -> None:
    lee = await person(reduced_motion="reduce", **look)
    await lee.page.goto(f"{lee.url}/settings")
    await expect(lee.page.get_by_role("meter").first).to_be_visible()
    await check(lee.page, "settings")
    for opener, name in (("New prompt", "New prompt"), ("New API key", "New API key")):
        await dialog_open(lee, opener, name)
        await lee.page.keyboard.press("Escape")
        await expect(lee.page.get_by_role("dialog", name=name)).to_have_count(0)
    await lee.page.context.clear_cookies()
    for path in PUBLIC:
        await lee.page.goto(lee.url + path)
        await check(lee.page, path)
    await lee.page.goto(f"{lee.url}/login")
    await lee.page.get_by_role("textbox", name="Email").fill("lee@example.com")
    await lee.page.get_by_role("textbox", name="Password").fill(PASSWORD + "x")
    await lee.page.keyboard.press("Enter")
    await expect(lee.page.get_by_role("alert")).to_be_visible()
    await check(lee.page, "refused sign-in")
