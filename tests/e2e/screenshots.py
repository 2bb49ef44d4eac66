"""`make screenshots`: every page and state; phone and desktop, light and dark, Korean and English: docs/images."""

import asyncio
import itertools
import re
import sys
import uuid
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from tests.e2e import demo_screenshots, state_screenshots
from tests.e2e.api import PASSWORD
from tests.e2e.pictures import LOOKS, SIZES, Look
from tests.rig.chromium import LAUNCH_ARGS, find_chromium
from tests.rig.server import ROOT, server

QUESTIONS = {
    "ko": ["이 서비스는 무엇인가요?", "실제 모델은 어떻게 연결하나요?"],
    "en": ["What is this service?", "Which GPUs does it use?"],
}


async def shoot(browser: Browser, url: str, folder: Path, look: Look) -> None:
    """One fresh visitor: the sign-in page, then a conversation of two questions, then one of them in other words."""
    context = await look.context(browser)
    page = await context.new_page()
    await page.goto(f"{url}/login")
    if look in LOOKS:
        await look.picture(page, folder, "login")
    await page.goto(f"{url}/register")
    await page.locator("input[name=email]").fill(f"{uuid.uuid4().hex[:8]}@example.com")
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("input[name=password]").press("Enter")
    for number, question in enumerate(QUESTIONS[look.language], start=1):
        await ask(page, question, number)
    await look.picture(page, folder, "chat")
    if look in LOOKS:
        await branch(page)
        await look.picture(page, folder, "branches")
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
    """Real answers of the demo model first, then the states that are held."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
        with server({"CHAT_ENGINE__MODEL": "demo"}) as running:
            await asyncio.to_thread(running.wait, "/readyz")
            demo = await asyncio.to_thread(demo_screenshots.demonstrate, running)
            for parts in itertools.product(SIZES, ("light", "dark"), QUESTIONS):
                await shoot(browser, running.url, folder, Look(*parts))
            for look in LOOKS:
                await demo_screenshots.shoot(browser, running, demo, folder, look)
        await state_screenshots.shoot(browser, folder)
        await browser.close()


if __name__ == "__main__":
    pictures = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    for old in pictures.glob("*.png"):
        old.unlink()
    asyncio.run(main(pictures))
