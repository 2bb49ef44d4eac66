"""PostgreSQL goes away under an open page: the answer ends there, is marked as not saved, and is saved by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from app.config import Settings
from app.generations import saving
from tests.app.serving import PASSWORD, Served, serving
from tests.rig.postgres import Postgres
from tests.scripted_engine import ScriptedEngine
from tests.ui.people import Person

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture(loop_scope="module")
async def served(make_settings: Callable[..., Settings], own_postgres: Postgres) -> AsyncIterator[Served]:
    async with serving(make_settings(database={"url": own_postgres.new_database()}), ScriptedEngine()) as running:
        yield running


async def test_the_page_says_what_is_not_saved(
    browser: Browser, served: Served, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "PATIENCE_SECONDS", 0.2)
    context = await browser.new_context(locale="en-US")
    lee = Person(await context.new_page(), served.url)
    await lee.register("lee@example.com", PASSWORD)
    served.engine.hold = 9
    served.engine.reply = " ".join(f"word{number}" for number in range(30))
    await lee.send("Count")
    await expect(lee.answers).to_contain_text("word3")
    await asyncio.to_thread(own_postgres.stop_at_once)
    served.engine.go_on()
    await expect(lee.answers.locator(".prose")).to_have_text(served.engine.reply)
    await expect(lee.answers.locator(".note")).to_contain_text("Not saved yet")
    # What cannot be taken stays in the field, with words.
    await lee.send("And more")
    await expect(lee.page.locator(".notice")).to_contain_text("The storage cannot be reached")
    await expect(lee.message).to_have_value("And more")
    # A page that is loaded now waits and comes by itself.
    other = await context.new_page()
    answer = await other.goto(lee.page.url)
    assert answer is not None
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    await expect(other.get_by_role("heading", name="Back in a moment")).to_be_visible()
    await asyncio.to_thread(own_postgres.start)
    await expect(lee.answers.locator(".note")).to_be_hidden(timeout=15_000)
    await expect(other.locator(".prose")).to_have_text(served.engine.reply, timeout=20_000)
    await expect(other.locator(".note")).to_be_hidden()
