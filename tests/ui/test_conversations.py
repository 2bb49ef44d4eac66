"""Conversations in the sidebar and in the thread, as a person uses them."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.app.serving import Served, chat

pytestmark = pytest.mark.browser


async def test_moving_between_conversations(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.ask("First question")
    first = lee.page.url
    await lee.button("New chat").click()
    await lee.page.wait_for_url(lee.url + "/")
    await lee.ask("Second question")
    await lee.page.get_by_role("link", name="First question").click()
    await lee.page.wait_for_url(first)
    await expect(lee.log.get_by_role("article", name="You")).to_have_text("First question")
    await lee.page.go_back()
    await expect(lee.log.get_by_role("article", name="You")).to_have_text("Second question")
    await lee.page.get_by_role("searchbox").fill("First")
    await expect(lee.conversations).to_have_text(["First question"])


async def test_rename_delete_and_undo(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.ask("Old name")
    opened = lee.page.url
    await lee.button("Options").click()
    await lee.button("Rename").click()
    await lee.page.get_by_role("textbox", name="Title").fill("New name")
    await lee.button("Save").click()
    await expect(lee.conversations).to_have_text(["New name"])
    await expect(lee.page.get_by_role("heading", level=1)).to_have_text("New name")
    await lee.button("Options").click()
    await lee.button("Delete").click()
    await lee.page.wait_for_url(lee.url + "/")
    await expect(lee.conversations).to_have_count(0)
    await expect(lee.page.get_by_role("status").filter(has_text="Deleted.")).to_have_count(1)
    await lee.button("Undo").click()
    await lee.page.wait_for_url(opened)
    await expect(lee.conversations).to_have_text(["New name"])
    await expect(lee.questions).to_have_text("Old name")
    assert lee.faults == []


async def test_long_conversation_shows_its_end_first(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("Question 0")
    conversation_id = lee.page.url.rpartition("/")[2]
    async with served.client("lee@example.com") as api:
        for number in range(1, 45):
            await chat(api, f"Question {number}", conversation_id=conversation_id)
    await lee.page.reload()
    questions = lee.log.get_by_role("article", name="You")
    await expect(questions).to_have_count(20)
    await expect(questions.last).to_be_in_viewport()
    await lee.button("Show earlier messages").click()
    await expect(questions).to_have_count(40)
    await expect(questions.first).to_have_text("Question 5")
    await lee.button("Show earlier messages").click()
    await expect(questions.first).to_have_text("Question 0")
    await expect(lee.button("Show earlier messages")).to_have_count(0)
    # Pressed again before the first press has done all of its work.
    await lee.page.reload()
    await expect(questions).to_have_count(20)
    await lee.button("Show earlier messages").dblclick()
    await expect(questions.first).to_have_text("Question 0")
