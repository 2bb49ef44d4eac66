"""Reloads, second tabs, lost networks: the page always ends with the whole answer."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.app.serving import Served, read_events
from tests.ui.people import Person

pytestmark = pytest.mark.browser

WORDS = 120
REPLY = " ".join(f"word{number}" for number in range(WORDS))
RELOADS = 10


async def ask_slowly(lee: Person, served: Served, delay: float) -> None:
    served.engine.reply, served.engine.delay = REPLY, delay
    await lee.send("Count")
    await lee.page.wait_for_url(re.compile("/c/"))


async def whole(page: Page) -> None:
    answer = page.get_by_role("article", name="scripted")
    await expect(answer.locator(".prose")).to_have_text(REPLY, timeout=30_000)
    await expect(answer.get_by_role("button", name="Details")).to_be_visible()


async def test_ten_reloads_lose_nothing(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await ask_slowly(lee, served, 0.15)
    # At these words the page is loaded anew, the same in every run.
    for number in sorted(random.Random(20261122).sample(range(WORDS), RELOADS)):
        await expect(lee.answers).to_contain_text(f"word{number}", timeout=30_000)
        await lee.page.reload(wait_until="commit")
    await whole(lee.page)
    assert len(served.engine.prompts) == 1


async def test_second_tab_follows_word_by_word(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.gate.clear()
    await ask_slowly(lee, served, 0)
    second = await lee.page.context.new_page()
    await second.goto(lee.page.url)
    await expect(second.get_by_role("button", name="Stop")).to_be_visible()
    served.engine.delay = 0.02
    served.engine.gate.set()
    await expect(second.get_by_role("article", name="scripted")).to_contain_text("word5")
    await expect(second.get_by_role("button", name="Stop")).to_be_visible()
    await whole(second)
    await whole(lee.page)


async def test_lost_network_is_told_and_made_good(person: Callable[..., Any], served: Served) -> None:
    """It comes back after about six seconds, when the whole answer has been written without the page."""
    lee = await person()
    loads: list[str] = []
    await ask_slowly(lee, served, 0.05)
    await expect(lee.answers).to_contain_text("word5")
    lee.page.on("load", lambda page: loads.append(page.url))
    banner = lee.page.locator(".offline")
    await expect(banner).to_be_hidden()
    await lee.page.context.set_offline(True)
    await expect(banner).to_be_visible()
    await written(lee, served)
    await expect(lee.answers).not_to_contain_text(f"word{WORDS - 1}")
    await lee.page.context.set_offline(False)
    await whole(lee.page)
    await expect(banner).to_be_hidden()
    assert loads == []


async def written(lee: Person, served: Served) -> None:
    """Wait for the end event, over a connection of our own."""
    async with served.client("lee@example.com") as api:
        conversation_id = lee.page.url.rpartition("/")[2]
        items = (await api.get(f"/api/conversations/{conversation_id}/messages")).json()["items"]
        async with api.stream("GET", f"/api/generations/{items[-1]['generation_id']}/events") as response:
            events = [event async for event in read_events(response)]
    assert events[-1]["event"] == "done"
