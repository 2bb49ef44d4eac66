"""`make screenshots`: sign-in, chat, branches, settings, demonstration; phone and desktop, light and dark, ko and en:
docs/images."""

import asyncio
import itertools
import re
import sys
import uuid
from pathlib import Path

from playwright.async_api import Browser, FloatRect, Page, ViewportSize, async_playwright

from tests.e2e import demo_screenshots
from tests.e2e.api import PASSWORD
from tests.rig.chromium import LAUNCH_ARGS, find_chromium
from tests.rig.server import ROOT, server

SIZES = {"desktop": (1440, 900), "phone": (360, 780)}
# Fewer and smaller pictures will do here.
SETTINGS = {("light", "ko"), ("dark", "en")}
SETTINGS_HEIGHT = {"desktop": 500, "phone": 780}
QUESTIONS = {
    "ko": ["이 서비스는 무엇인가요?", "실제 모델은 어떻게 연결하나요?"],
    "en": ["What is this service?", "Which GPU do you use?"],
}


async def shoot(browser: Browser, url: str, folder: Path, device: str, scheme: str, language: str) -> None:
    """One fresh visitor: the sign-in page, then a conversation of two questions."""
    width, height = SIZES[device]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    page = await context.new_page()
    await page.goto(f"{url}/login")
    await page.screenshot(path=folder / f"login-{device}-{scheme}-{language}.png")
    await page.goto(f"{url}/register")
    await page.locator("input[name=email]").fill(f"{uuid.uuid4().hex[:8]}@example.com")
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("input[name=password]").press("Enter")
    for number, question in enumerate(QUESTIONS[language], start=1):
        await ask(page, question, number)
    await page.screenshot(path=folder / f"chat-{device}-{scheme}-{language}.png")
    await branch(page)
    await page.screenshot(path=folder / f"branches-{device}-{scheme}-{language}.png")
    if (scheme, language) in SETTINGS:
        await page.goto(f"{url}/settings")
        await page.get_by_role("meter").first.wait_for()
        clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": SETTINGS_HEIGHT[device]}
        await page.screenshot(path=folder / f"settings-{device}-{scheme}-{language}.png", clip=clip)
    await context.close()


async def ask(page: Page, question: str, number: int) -> None:
    """Send, and wait until the answer has its tools."""
    message = page.get_by_role("textbox", name=re.compile("^(Message|메시지)$"))
    await message.fill(question)
    await message.press("Enter")
    tools = page.get_by_role("button", name=re.compile("^(Details|자세히)$"))
    await tools.nth(number - 1).wait_for()
    await page.get_by_role("button", name=re.compile("^(Send|보내기)$")).wait_for()


async def branch(page: Page) -> None:
    """A second answer to the last question, and the question being edited."""
    await page.get_by_role("button", name=re.compile("^(Regenerate|다시 생성)$")).last.click()
    await page.get_by_role("button", name=re.compile("^(Previous version|이전 버전)$")).wait_for()
    await page.get_by_role("button", name=re.compile("^(Send|보내기)$")).wait_for()
    await page.get_by_role("article").last.hover()
    edit = page.get_by_role("button", name=re.compile("^(Edit|수정)$")).last
    await edit.focus()
    await edit.press("Enter")
    await page.get_by_role("textbox", name=re.compile("^(Edit message|메시지 수정)$")).wait_for()


async def main(folder: Path) -> None:
    """All combinations against one server with the demo model."""
    with server({"CHAT_ENGINE__MODEL": "demo"}) as running:
        await asyncio.to_thread(running.wait, "/readyz")
        demo = await asyncio.to_thread(demo_screenshots.demonstrate, running)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
            for device, scheme, language in itertools.product(SIZES, ("light", "dark"), QUESTIONS):
                await shoot(browser, running.url, folder, device, scheme, language)
                width, height = SIZES[device]
                size: ViewportSize = {"width": width, "height": height}
                await demo_screenshots.shoot(browser, running, demo, folder, size, scheme, language)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"))
