"""The real page in headless Chromium, before a service whose engine says what the test wrote."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from app.config import Settings
from tests.app.serving import PASSWORD, Served, serving
from tests.rig.chromium import LAUNCH_ARGS
from tests.scripted_engine import ScriptedEngine
from tests.ui.people import Person

HERE = Path(__file__).parent

# A page is built by what two workers leave of the processor.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a file share an event loop, for they share a browser: starting one takes a second."""
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest_asyncio.fixture(loop_scope="module")
async def served(make_settings: Callable[..., Settings]) -> AsyncIterator[Served]:
    """One service; `served.engine.gate` holds the answer back."""
    async with serving(make_settings(), ScriptedEngine()) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(chromium_path: str) -> AsyncIterator[Browser]:
    """Headless, for the tests of one file."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=chromium_path, args=LAUNCH_ARGS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """Chromium with nothing open."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest.fixture
def person(browser: Browser, served: Served) -> Callable[..., Any]:
    """`await person(locale=…, email=…, width=…)` is somebody with a browser of their own, signed in."""

    async def make(email: str = "lee@example.com", **options: Any) -> Person:
        context = await browser.new_context(**({"locale": "en-US"} | options))
        context.set_default_timeout(15_000)
        page: Page = await context.new_page()
        new = Person(page, served.url)
        await new.sign_up(email, PASSWORD)
        return new

    return make
