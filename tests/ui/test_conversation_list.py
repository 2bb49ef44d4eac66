"""The list of conversations: its menus, folders, search, and what is done to many at once."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, expect
from sqlalchemy import insert

from app.conversations.models import Conversation
from app.db import new_id, now
from tests.app.serving import Served
from tests.ui.people import Person

pytestmark = pytest.mark.browser

SERIOUS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


async def fill(served: Served, lee: Person, *titles: str, older: tuple[str, ...] = ()) -> None:
    """Conversations with these titles, the first of them the newest, above those that there are."""
    async with served.client("lee@example.com") as api:
        for title in reversed(titles):
            await api.post("/api/conversations", json={"title": title})
    await lee.page.reload()
    await expect(lee.conversations).to_have_text([*titles, *older])


async def crowd(served: Served, count: int) -> None:
    """So many conversations, from `Nr. 0`, the newest, on."""
    async with served.client("lee@example.com") as api:
        user_id = UUID((await api.get("/api/users/me")).json()["id"])
    at = now()
    rows = [
        {"id": new_id(), "user_id": user_id, "title": f"Nr. {number}", "updated_at": at - timedelta(minutes=number)}
        for number in range(count)
    ]
    async with served.services.db.transaction() as db:
        await db.execute(insert(Conversation), rows)


def row(lee: Person, title: str) -> Locator:
    return lee.page.get_by_role("listitem").filter(has=lee.page.get_by_role("link", name=title, exact=True))


async def pick(lee: Person, title: str, item: str) -> None:
    """Choose something in the menu of a conversation."""
    await row(lee, title).hover()
    await row(lee, title).get_by_role("button", name="Options").click()
    await lee.page.get_by_role("menuitem", name=item, exact=True).click()


async def test_pin_archive_and_back(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await fill(served, lee, "One", "Two", "Three")
    await pick(lee, "Three", "Pin")
    await expect(lee.conversations).to_have_text(["Three", "One", "Two"])
    await expect(lee.page.get_by_role("heading", name="Pinned")).to_be_visible()
    await pick(lee, "Two", "Archive")
    await expect(lee.conversations).to_have_text(["Three", "One"])
    await lee.button("Archived conversations").click()
    await expect(lee.conversations).to_have_text(["Two"])
    await pick(lee, "Two", "Unarchive")
    await expect(lee.page.get_by_text("Nothing is archived.")).to_be_visible()
    await lee.button("Undo").click()
    await expect(lee.conversations).to_have_text(["Two"])
    await lee.button("Archived conversations").click()
    await pick(lee, "Three", "Unpin")
    await expect(lee.conversations).to_have_text(["One", "Three"])
    await lee.page.reload()
    await expect(lee.conversations).to_have_text(["One", "Three"])
    assert lee.faults == []


async def test_folders(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await fill(served, lee, "One", "Two", "Three")
    await lee.button("New folder").click()
    await lee.page.get_by_role("textbox", name="Folder name").fill("Work")
    await lee.button("Save").click()
    await expect(lee.button("Work")).to_have_attribute("aria-expanded", "false")
    await pick(lee, "Two", "Move to folder")
    await lee.page.get_by_role("dialog").get_by_role("button", name="Work").click()
    await expect(lee.conversations).to_have_text(["One", "Three"])
    await lee.button("Work").click()
    await expect(lee.conversations).to_have_text(["Two", "One", "Three"])
    await lee.button("Undo").click()
    await expect(lee.page.get_by_text("This folder is empty.")).to_be_visible()
    await pick(lee, "One", "Move to folder")
    await lee.page.get_by_role("textbox", name="New folder").fill("none")
    await lee.button("Create and move").click()
    await expect(lee.page.get_by_role("status").filter(has_text="Moved to none.")).to_have_count(1)
    await lee.button("none").click()
    await expect(lee.conversations).to_have_text(["One", "Two", "Three"])
    await lee.button("none").hover()
    await lee.button("Options: none").click()
    await lee.page.get_by_role("menuitem", name="Delete").click()
    await lee.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(lee.button("none")).to_have_count(0)
    await expect(lee.conversations).to_have_text(["One", "Two", "Three"])
    assert lee.faults == []


async def test_search_with_the_keyboard(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    question = "전주 가을 축제는 <b>언제</b> 하나요? 100%"
    await lee.ask(question)
    async with served.client("lee@example.com") as api:
        await api.patch(f"/api/conversations/{lee.page.url.rpartition('/')[2]}", json={"title": "Autumn"})
    await fill(served, lee, "축제 준비", "Other", older=("Autumn",))
    await lee.page.keyboard.press("Control+k")
    search = lee.page.get_by_role("searchbox")
    await expect(search).to_be_focused()
    await lee.page.keyboard.type("축")
    await expect(lee.conversations).to_have_count(2)
    await expect(row(lee, "Autumn").locator(".snippet mark")).to_have_text("축")
    await expect(row(lee, "Autumn").locator(".snippet")).to_contain_text("<b>언제</b>")
    await search.press("ArrowDown")
    await expect(lee.conversations.first).to_be_focused()
    await lee.page.keyboard.press("ArrowDown")
    await lee.page.keyboard.press("Enter")
    await expect(lee.questions).to_have_count(1)
    for literal, count in (("0%", 1), ("%전", 0), ("_", 0)):
        await search.fill(literal)
        await expect(lee.page.get_by_role("status").filter(has_text=f"{count} found")).to_have_count(1)
        await expect(lee.conversations).to_have_count(count)
    await expect(lee.page.get_by_text("Nothing found.")).to_be_visible()
    await search.press("Escape")
    await expect(search).to_have_value("")
    await expect(lee.conversations).to_have_count(3)
    assert lee.faults == []


async def test_many_at_once(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await fill(served, lee, "A", "B", "C", "D")
    await pick(lee, "B", "Select")
    await lee.page.get_by_role("checkbox", name="D").click(modifiers=["Shift"])
    await expect(lee.page.get_by_role("checkbox", checked=True)).to_have_count(3)
    bar = lee.page.get_by_role("toolbar", name="Select")
    await bar.get_by_role("button", name="Delete").click()
    await expect(lee.conversations).to_have_text(["A"])
    await expect(lee.page.get_by_role("status").filter(has_text="3 conversations deleted.")).to_have_count(1)
    await lee.button("Undo").click()
    await expect(lee.conversations).to_have_text(["A", "B", "C", "D"])
    await lee.button("Select").click()
    await bar.get_by_role("button", name="Select all").click()
    await bar.get_by_role("button", name="Archive").click()
    await expect(lee.conversations).to_have_count(0)
    await expect(lee.page.get_by_role("status").filter(has_text="4 conversations archived.")).to_have_count(1)
    await lee.page.keyboard.press("Control+z")
    await expect(lee.conversations).to_have_text(["A", "B", "C", "D"])
    assert lee.faults == []


async def test_deleting_by_keyboard_leads_to_the_way_back(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await fill(served, lee, "A", "B")
    await row(lee, "A").get_by_role("link").focus()
    await lee.page.keyboard.press("Tab")
    await expect(row(lee, "A").get_by_role("button", name="Options")).to_be_focused()
    await lee.page.keyboard.press("Enter")
    await expect(lee.page.get_by_role("menuitem", name="Rename")).to_be_focused()
    await lee.page.keyboard.press("ArrowUp")
    await lee.page.keyboard.press("Enter")
    await expect(lee.conversations).to_have_text(["B"])
    await expect(lee.button("Undo")).to_be_focused()
    await lee.page.keyboard.press("Enter")
    await expect(lee.conversations).to_have_text(["A", "B"])


async def test_ten_thousand_conversations_are_a_few_elements(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await crowd(served, 10_000)
    await lee.page.reload()
    await expect(lee.conversations.first).to_have_text("Nr. 0")
    navigation = lee.page.get_by_role("navigation", name="Conversations")
    for _ in range(6):
        height = await navigation.evaluate("(element) => (element.scrollTop = element.scrollHeight)")
        grown = "(height) => document.querySelector('.conversations').scrollHeight > height"
        await lee.page.wait_for_function(grown, arg=height)
    await expect(lee.conversations.filter(has_text=re.compile(r"^Nr\. 350$"))).to_have_count(1)
    assert await lee.conversations.count() < 120
    await lee.conversations.last.click()
    await lee.page.wait_for_url(re.compile("/c/"))
    await lee.page.get_by_role("searchbox").fill("Nr. 9999")
    await expect(lee.conversations).to_have_text(["Nr. 9999"])
    assert lee.faults == []


@pytest.mark.parametrize(("language", "width"), [("ko", 360), ("en", 1440)])
async def test_everybody_can_use_it(person: Callable[..., Any], served: Served, language: str, width: int) -> None:
    lee = await person(viewport={"width": width, "height": 780}, reduced_motion="reduce")
    async with served.client("lee@example.com") as api:
        await api.post("/api/folders", json={"name": "업무"})
        for title in ("하나", "둘"):
            await api.post("/api/conversations", json={"title": title})
    await lee.page.goto(f"{lee.url}/?lang={language}")
    if width < 800:
        await lee.page.locator(".sidebar-open").click()
    await expect(lee.conversations if language == "en" else lee.page.locator(".conversation-link")).to_have_count(2)
    await lee.page.locator(".conversation").first.hover()
    axe = Axe()
    found = [await axe.run(lee.page, options=SERIOUS)]
    await lee.page.locator(".conversation .conversation-options").first.click()
    await expect(lee.page.get_by_role("menuitem").first).to_be_visible()
    found.append(await axe.run(lee.page, options=SERIOUS))
    await lee.page.get_by_role("menuitem").last.click()
    await expect(lee.page.locator(".toast")).to_be_visible()
    await lee.page.locator(".list-tools button").last.click()
    found.append(await axe.run(lee.page, options=SERIOUS))
    await lee.page.get_by_role("searchbox").fill("나")
    await expect(lee.page.locator("mark")).to_have_count(1)
    found.append(await axe.run(lee.page, options=SERIOUS))
    assert [one.response["violations"] for one in found] == [[], [], [], []]
    assert await lee.page.evaluate("document.documentElement.scrollWidth") <= width
    assert lee.faults == []
