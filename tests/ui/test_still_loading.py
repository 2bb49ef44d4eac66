"""What is done on a page before all of it has come."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.app.serving import Served
from tests.ui.people import Person

pytestmark = pytest.mark.browser


async def test_a_question_that_is_asked_while_the_page_still_loads_is_drawn_once(
    person: Callable[..., Any], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    lee: Person = await person()
    conversations = served.services.conversations
    overview, some = conversations.overview, conversations.some
    may_list, reading, may_read = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def listed(*arguments: Any) -> Any:
        await may_list.wait()
        return await overview(*arguments)

    async def read(*arguments: Any) -> Any:
        reading.set()
        await may_read.wait()
        return await some(*arguments)

    monkeypatch.setattr(conversations, "overview", listed)
    monkeypatch.setattr(conversations, "some", read)
    await lee.page.reload()
    await lee.send("Question")
    await reading.wait()
    may_list.set()
    await expect(lee.conversations).to_have_count(1)
    may_read.set()
    await expect(lee.button("Details")).to_be_visible()
    await expect(lee.questions).to_have_count(1)
    await expect(lee.answers).to_have_count(1)
