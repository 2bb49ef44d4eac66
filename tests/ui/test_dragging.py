"""Conversations are dragged onto folders with the mouse: one, many, cancelled, undone, and out of a long list."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.app.serving import Served
from tests.ui.people import Person
from tests.ui.test_conversation_list import crowd, fill, row

pytestmark = pytest.mark.browser


async def with_folder(served: Served, lee: Person, *titles: str) -> Locator:
    """Conversations, and above them an empty folder that is closed."""
    async with served.client("lee@example.com") as api:
        await api.post("/api/folders", json={"name": "Work"})
    await fill(served, lee, *titles)
    return lee.button("Work")


async def hold(lee: Person, title: str, over: Locator) -> None:
    """Take a conversation, and keep it above something."""
    await row(lee, title).hover()
    await lee.page.mouse.down()
    # Two steps: the first begins to drag.
    await over.hover()
    await over.hover()


async def test_one_goes_into_a_folder_and_out_again(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    work = await with_folder(served, lee, "One", "Two", "Three")
    target = lee.page.locator(".folder.drop-here")
    await hold(lee, "Two", work)
    await expect(target).to_be_visible()
    await expect(lee.page.get_by_role("status").filter(has_text="Move to Work")).to_have_count(1)
    await lee.page.mouse.up()
    await expect(lee.page.get_by_role("status").filter(has_text="Moved to Work.")).to_have_count(1)
    await expect(lee.conversations).to_have_text(["One", "Three"])
    await expect(lee.page.locator(".drop-here, .dragged, .drag-picture")).to_have_count(0)
    await lee.button("Undo").click()
    await expect(lee.conversations).to_have_text(["One", "Two", "Three"])
    await work.click()
    await row(lee, "Three").drag_to(lee.page.get_by_text("This folder is empty."))
    await expect(lee.conversations).to_have_text(["Three", "One", "Two"])
    await row(lee, "Three").drag_to(row(lee, "One"))
    await expect(lee.page.get_by_role("status").filter(has_text="Moved out of its folder.")).to_have_count(1)
    await expect(lee.conversations).to_have_text(["One", "Two", "Three"])
    await lee.page.reload()
    await expect(lee.conversations).to_have_text(["One", "Two", "Three"])
    assert lee.faults == []


async def test_escape_lets_it_be(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    work = await with_folder(served, lee, "One", "Two")
    await hold(lee, "Two", work)
    await expect(lee.page.locator(".drop-here")).to_have_count(1)
    await lee.page.keyboard.press("Escape")
    await expect(lee.page.locator(".drop-here, .dragged")).to_have_count(0)
    await lee.page.mouse.up()
    await expect(lee.conversations).to_have_text(["One", "Two"])
    # To where it is already it cannot be dragged.
    await hold(lee, "Two", row(lee, "One"))
    await expect(lee.page.locator(".dragged")).to_have_count(1)
    await expect(lee.page.locator(".drop-here")).to_have_count(0)
    await lee.page.mouse.up()
    await expect(lee.page.locator(".dragged")).to_have_count(0)
    assert lee.faults == []


async def test_what_is_chosen_goes_together(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    work = await with_folder(served, lee, "A", "B", "C", "D")
    await lee.button("Select").click()
    for title in ("A", "C", "D"):
        await lee.page.get_by_role("checkbox", name=title).check()
    await row(lee, "C").drag_to(work)
    await expect(lee.page.get_by_role("status").filter(has_text="3 conversations moved to Work.")).to_have_count(1)
    await expect(lee.conversations).to_have_text(["B"])
    await work.click()
    await expect(lee.conversations).to_have_text(["A", "C", "D", "B"])
    await lee.button("Undo").click()
    await expect(lee.conversations).to_have_text(["A", "B", "C", "D"])
    assert lee.faults == []


async def test_in_a_long_list_the_row_may_be_scrolled_away(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    work = await with_folder(served, lee)
    await crowd(served, 400)
    await lee.page.reload()
    navigation = lee.page.get_by_role("navigation", name="Conversations")
    last = row(lee, "Nr. 300")
    while not await last.count():
        height = await navigation.evaluate("(element) => (element.scrollTop = element.scrollHeight)")
        await lee.page.wait_for_function(
            "(height) => document.querySelector('.conversations').scrollHeight > height", arg=height
        )
    await last.hover()
    await lee.page.mouse.down()
    await navigation.hover(position={"x": 60, "y": 60})
    await expect(lee.page.locator(".dragged")).to_have_count(1)
    await navigation.evaluate("(element) => (element.scrollTop = 0)")
    await expect(last).to_have_count(0)
    await work.hover()
    await work.hover()
    await expect(lee.page.locator(".folder.drop-here")).to_be_visible()
    await lee.page.mouse.up()
    await work.click()
    await expect(lee.conversations.first).to_have_text("Nr. 300")
    assert lee.faults == []
