"""What follows something for a page ends with it, and leaves nothing behind."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from nicegui import Client
from playwright.async_api import expect

from app.collecting import closed

pytestmark = pytest.mark.browser


async def test_it_ends_with_the_page(person: Callable[..., Any]) -> None:
    before = set(Client.instances)
    lee = await person()
    await expect(lee.message).to_be_visible()
    await lee.send("hello")
    await expect(lee.answers).to_have_count(1)
    (page,) = (
        client for name, client in Client.instances.items() if name not in before and client.has_socket_connection
    )
    handlers = page.delete_handlers
    assert handlers
    # NiceGUI asks each what it takes; for those of C the answer copies the list of all modules.
    assert [handler for handler in handlers if inspect.isbuiltin(handler)] == []

    def following() -> set[str]:
        return {task.get_name() for task in asyncio.all_tasks()} & {"announcements", "model line"}

    assert len(following()) == 2
    pages = closed.pages
    await lee.page.goto("about:blank")
    page.delete()
    async with asyncio.timeout(10):
        while following():
            await asyncio.sleep(0.01)
    assert closed.pages > pages
