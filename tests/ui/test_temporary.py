"""Temporary chats and titles that come by themselves, as people see them."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from app.config import Settings
from tests.app.serving import Served, serving
from tests.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture(loop_scope="module")
async def served(make_settings: Callable[..., Settings]) -> AsyncIterator[Served]:
    async with serving(make_settings(generations={"titles": True}), ScriptedEngine("A fine title")) as running:
        yield running


async def test_a_temporary_chat_is_gone_when_it_is_left(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.button("Temporary chat").click()
    await expect(lee.button("Temporary chat")).to_have_attribute("aria-pressed", "true")
    banner = lee.page.get_by_text("Kept in no list and no search.")
    await expect(banner).to_be_visible()
    await lee.ask("Secret question")
    await expect(lee.page.get_by_role("heading", level=1)).to_have_text("Temporary chat")
    await expect(lee.conversations).to_have_count(0)
    address = lee.page.url
    await lee.page.reload()
    await expect(lee.questions).to_have_text(["Secret question"])
    await expect(banner).to_be_visible()
    await lee.button("New chat").first.click()
    await lee.page.wait_for_url(lee.url + "/")
    await expect(banner).to_be_hidden()
    await expect(lee.button("Temporary chat")).to_have_attribute("aria-pressed", "false")
    gone = await lee.page.goto(address)
    assert gone is not None
    assert gone.status == 404


async def test_a_title_arrives_in_the_open_page(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.ask("What is this?")
    await expect(lee.page.get_by_role("heading", level=1)).to_have_text("A fine title")
    await expect(lee.conversations).to_have_text(["A fine title"])
    assert await lee.page.title() == "A fine title · vllm-chat"
    assert lee.faults == []
