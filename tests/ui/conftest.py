"""The real page in headless Chromium, before a service whose engine says what the test wrote."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from app.config import Settings
from tests.app.serving import PASSWORD, Served, serving
from tests.rig.chromium import LAUNCH_ARGS
from tests.scripted_engine import ScriptedEngine
from tests.ui.people import Person

# A page is built by what two workers leave of the processor.
expect.set_options(timeout=20_000)


@pytest.fixture
async def served(make_settings: Callable[..., Settings]) -> AsyncIterator[Served]:
    """One service; `served.engine.gate` holds the answer back."""
    async with serving(make_settings(), ScriptedEngine()) as running:
        yield running


@pytest.fixture
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    """Headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=LAUNCH_ARGS)
        yield browser
        await browser.close()


@pytest.fixture
def person(browser: Browser, served: Served) -> Callable[..., Any]:
    """`await person(locale=…, email=…, width=…)` is somebody with a browser of their own, signed in."""

    async def make(email: str = "lee@example.com", **options: Any) -> Person:
        context = await browser.new_context(**({"locale": "en-US"} | options))
        context.set_default_timeout(15_000)
        page: Page = await context.new_page()
        new = Person(page, served.url)
        await new.register(email, PASSWORD)
        return new

    return make
