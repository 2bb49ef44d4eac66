"""What cannot be read says so in the reader's language, and can be tried again; what was typed stays."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from app.storage_errors import storage_unavailable
from tests.app.serving import Served

pytestmark = pytest.mark.browser

DRAFT = "half a thought"
LANGUAGES = pytest.mark.parametrize(
    ("language", "list_words", "conversation_words", "again"),
    [
        ("en", "The list could not be loaded.", "The conversation could not be loaded.", "Try again"),
        ("ko", "목록을 불러오지 못했습니다.", "대화를 불러오지 못했습니다.", "다시 시도"),
    ],
)


class Failing:
    """In place of a method of a service."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def __call__(self, *_: Any) -> None:
        self.asked.set()
        raise storage_unavailable()


@LANGUAGES
async def test_lists_and_conversations(
    person: Callable[..., Any],
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    list_words: str,
    conversation_words: str,
    again: str,
) -> None:
    lee = await person()
    await lee.ask("Is it there?")
    page, conversations = lee.page, served.services.conversations
    message = page.locator(".composer textarea")
    sidebar, thread = page.locator(".conversations"), page.get_by_role("log")
    with monkeypatch.context() as broken:
        overview, places = Failing(), Failing()
        broken.setattr(conversations, "overview", overview)
        broken.setattr(conversations, "places", places)
        await page.goto(f"{page.url}?lang={language}")
        await expect(sidebar.get_by_text(list_words)).to_be_visible()
        await expect(thread.get_by_text(conversation_words)).to_be_visible()
        await message.fill(DRAFT)
        # In vain.
        for failing, place in ((overview, sidebar), (places, thread)):
            failing.asked.clear()
            await place.get_by_role("button", name=again).click()
            await asyncio.wait_for(failing.asked.wait(), 20)
        await expect(sidebar.get_by_text(list_words)).to_be_visible()
        await expect(thread.get_by_text(conversation_words)).to_be_visible()
    await sidebar.get_by_role("button", name=again).click()
    await expect(sidebar.locator(".conversation-link")).to_have_text(["Is it there?"])
    await thread.get_by_role("button", name=again).click()
    await expect(thread.get_by_role("article")).to_have_count(2)
    await expect(thread.get_by_text(conversation_words)).to_have_count(0)
    with monkeypatch.context() as broken:
        broken.setattr(conversations, "search", Failing())
        await page.get_by_role("searchbox").fill("there")
        await expect(sidebar.get_by_text(list_words)).to_be_visible()
    await sidebar.get_by_role("button", name=again).click()
    await expect(sidebar.locator(".conversation-link")).to_have_text(["Is it there?"])
    await expect(message).to_have_value(DRAFT)
    assert lee.faults == []


@pytest.mark.parametrize(("language", "again"), [("en", "Try again"), ("ko", "다시 시도")])
async def test_sections_of_the_settings(
    person: Callable[..., Any], served: Served, monkeypatch: pytest.MonkeyPatch, language: str, again: str
) -> None:
    lee = await person()
    section = lee.page.locator("section#keys")
    with monkeypatch.context() as broken:
        broken.setattr(served.services.keys, "list", Failing())
        await lee.page.goto(f"{lee.url}/settings?lang={language}")
        await expect(section.get_by_role("alert")).not_to_be_empty()
    await section.get_by_role("button", name=again).click()
    await expect(section.get_by_role("alert")).to_have_count(0)
    await expect(section.get_by_role("button", name=again)).to_have_count(0)
    await expect(section.locator(".skeleton-lines")).to_have_count(0)
    assert lee.faults == []
