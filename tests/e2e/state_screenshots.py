"""What the pages show when they wait, write, fail, or are asked for more: the part of `make screenshots` whose engine
is scripted, so that a moment can be held."""

import tempfile
from dataclasses import fields
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from app.auth.people import People
from app.config import Settings
from app.demo_data.service import DemoData
from engine.errors import EngineError
from tests.app.serving import PASSWORD, Served, chat, serving
from tests.e2e.pictures import LOOKS, Look
from tests.scripted_engine import ScriptedEngine
from ui.i18n import Translator

ASKED = {"ko": "버블 정렬을 파이썬으로 보여 주세요.", "en": "Show me bubble sort in Python."}
THOUGHTS = "The reader wants a short sorting function, so a plain loop will do."
REPLY = """```python
def bubble_sort(values: list[int]) -> list[int]:
    for end in range(len(values) - 1, 0, -1):
        for index in range(end):
            if values[index] > values[index + 1]:
                values[index], values[index + 1] = values[index + 1], values[index]
    return values
```

| | |
|---|---|
| best | $O(n)$ |
| worst | $O(n^2)$ |
"""
LONG = "\n".join(f"2026-11-25 10:{minute:02} GET /api/chat 200" for minute in range(60))


class Sitting:
    """Somebody before the page, as `look` says; `t` gives the names of what is pressed."""

    def __init__(self, page: Page, served: Served, look: Look, folder: Path) -> None:
        self.page, self.served, self.look, self.folder = page, served, look, folder
        self.t = Translator("ko" if look.language == "ko" else "en")

    async def keep(self, name: str) -> None:
        """A picture, when everything has come to rest."""
        await self.page.wait_for_timeout(250)  # the page's own transitions, of which it tells nobody
        await self.look.picture(self.page, self.folder, name)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=self.t(name), exact=True)

    async def sign_in(self, email: str) -> None:
        await self.page.goto(f"{self.served.url}/login?lang={self.look.language}")
        await self.page.locator("input[name=email]").fill(email)
        await self.page.locator("input[name=password]").fill(PASSWORD)
        await self.page.locator("input[name=password]").press("Enter")
        await self.page.locator("textarea[name=message]").wait_for()

    async def open_list(self) -> None:
        if self.look.phone:
            await self.button("open_sidebar").click()

    async def send(self, text: str) -> None:
        await self.page.locator("textarea[name=message]").fill(text)
        await self.page.locator("textarea[name=message]").press("Enter")


async def pages(one: Sitting) -> None:
    """What is seen before signing in, and of addresses that lead nowhere."""
    for name in ("register", "forgot"):
        await one.page.goto(f"{one.served.url}/{name}?lang={one.look.language}")
        await one.keep(f"page-{name}")


async def states(one: Sitting) -> None:
    """From the empty page to an answer that fails."""
    engine, page = one.served.engine, one.page
    await one.keep("state-empty")
    engine.gate.clear()
    await one.send(ASKED[one.look.language])
    await page.locator(".answer[aria-busy=true]").wait_for()
    await one.keep("state-reading")
    engine.gate.set()
    await page.locator(".answer .code-copy").wait_for()
    engine.gate.clear()
    await one.send("TTFT?")
    await one.keep("state-writing")
    engine.failure = EngineError("broken")
    engine.gate.set()
    await page.locator(".answer:not([aria-busy])").first.wait_for()
    await one.button("continue").first.wait_for()
    await one.keep("state-error")
    engine.failure = None
    await page.context.set_offline(True)
    await expect(page.locator(".offline")).to_be_visible(timeout=60_000)
    await one.keep("state-offline")
    await page.context.set_offline(False)
    await expect(page.locator(".offline")).to_be_hidden(timeout=60_000)
    await page.goto(f"{one.served.url}/c/nowhere")
    await one.keep("state-not-found")


async def tools(one: Sitting) -> None:
    """What can be opened beside a conversation."""
    page, t = one.page, one.t
    await page.goto(f"{one.served.url}/")
    await one.button("temporary").click()
    await one.keep("tool-temporary")
    await one.button("temporary").click()
    await page.locator("input[type=file]").first.set_input_files(
        {"name": "access.log", "mimeType": "text/plain", "buffer": LONG.encode()}
    )
    await page.get_by_role("list", name=t("attachments")).get_by_role("listitem").wait_for()
    await one.keep("tool-attachment")
    await page.keyboard.press("Control+Shift+,")
    await page.get_by_role("dialog", name=t("chat_settings")).wait_for()
    await one.keep("tool-chat-settings")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+/")
    await page.get_by_role("dialog", name=t("shortcuts")).wait_for()
    await one.keep("tool-shortcuts")
    await page.keyboard.press("Escape")
    await one.open_list()
    await page.get_by_role("searchbox").fill("API")
    await page.locator("mark").first.wait_for()
    await one.keep("tool-search")


READ = """() => ![...document.querySelectorAll(".skeleton-lines")].some((part) => {
  const box = part.getBoundingClientRect();
  return box.height && box.bottom > 0 && box.top < innerHeight;
})"""


async def sections(one: Sitting, address: str) -> None:
    """Every part of the settings or of the administration."""
    await one.page.goto(f"{one.served.url}/{address}")
    links = one.page.locator("nav a[href^='#']")
    await links.first.wait_for()
    await expect(one.page.locator("[aria-busy=true]")).to_have_count(0)
    for link in await links.all():
        await link.click()
        # Parts are read when they come into view.
        await one.page.wait_for_function(READ)
        await one.keep(f"{address}-{(await link.get_attribute('href') or '').removeprefix('#')}")


async def shoot(browser: Browser, folder: Path) -> None:
    """Each look with a service and an account of its own."""
    for look in LOOKS:
        with tempfile.TemporaryDirectory() as data:
            settings = Settings(_env_file=None, data_dir=Path(data), auth={"secret": "s" * 40})
            engine = ScriptedEngine(REPLY, delay=0.01)
            engine.thoughts = THOUGHTS
            async with serving(settings, engine) as served:
                await sit(browser, folder, look, served)


async def sit(browser: Browser, folder: Path, look: Look, served: Served) -> None:
    """All pictures of one look."""
    services = served.services
    await services.engine.wait_ready()
    async with served.client("admin@example.com") as admin:  # the first account administrates
        await chat(admin, ASKED[look.language])
    people = People(**{field.name: getattr(services, field.name) for field in fields(People)})
    demo = DemoData(services.db, people, services.audit, served.url)
    await demo.fill("demo@example.com", PASSWORD)
    context = await look.context(browser)
    one = Sitting(await context.new_page(), served, look, folder)
    await pages(one)
    await one.sign_in("demo@example.com")
    await states(one)
    await tools(one)
    await context.clear_cookies()
    await one.sign_in("admin@example.com")
    for address in ("settings", "admin"):
        await sections(one, address)
    await context.close()
