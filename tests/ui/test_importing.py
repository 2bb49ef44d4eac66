"""Conversations from a file, as a person brings them in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import FilePayload, expect

from tests.app.chatgpt_export import TRIP

pytestmark = pytest.mark.browser


def file(document: Any, name: str = "conversations.json") -> FilePayload:
    """What the person chooses."""
    return {"name": name, "mimeType": "application/json", "buffer": json.dumps(document).encode()}


async def test_a_file_comes_in_and_what_does_not_is_said(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.page.goto(f"{lee.url}/settings#data")
    chooser = lee.page.get_by_label("Choose a file")
    await chooser.set_input_files(file([TRIP, {"messages": []}]))
    result = lee.page.locator(".import-result")
    await expect(result).to_contain_text("Imported conversations: 1")
    await expect(result.get_by_role("listitem")).to_have_text("Conversation 2: it has no messages")
    await chooser.set_input_files(file({"nothing": 1}))
    await expect(result).to_have_text("There are no conversations in this file, or it is damaged.")
    await chooser.set_input_files(file([TRIP]))
    await result.get_by_role("link", name="Go to the conversations").click()
    await expect(lee.conversations).to_have_text(["여행 계획"] * 2)
    await lee.conversations.first.click()
    await expect(lee.questions).to_contain_text("어디로 갈까?")
    await expect(lee.log.get_by_role("article", name="gpt-5")).to_contain_text("기차로 가세요.")
    # The browser tells of the refused file in its console.
    assert [fault for fault in lee.faults if "422" not in fault] == []
