"""Links to conversations and branches off them, as people use them."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.app.serving import Served, chat

pytestmark = pytest.mark.browser


async def test_share_read_continue_and_revoke(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("Which link?")
    await lee.button("Options").click()
    await lee.button("Share").click()
    dialog = lee.page.get_by_role("dialog", name="Share this conversation")
    await dialog.get_by_label("Valid for").select_option("7")
    await dialog.get_by_role("button", name="Create link").click()
    link = await dialog.locator("#share-link").inner_text()
    await expect(dialog).to_contain_text("Valid until")
    serious = [found for found in (await Axe().run(lee.page)).response["violations"] if found["impact"] == "serious"]
    assert serious == []
    await dialog.get_by_role("button", name="Close").click()
    async with served.client("lee@example.com") as api:
        await chat(api, "Later question", conversation_id=lee.page.url.rpartition("/")[2])
    await lee.page.reload()
    await expect(lee.questions).to_have_count(2)

    kim = await person("kim@example.com")
    await kim.page.goto(link)
    await expect(kim.page.get_by_role("heading", level=1)).to_have_text("Which link?")
    await expect(kim.page.get_by_role("article", name="You").locator(".said-text")).to_have_text(["Which link?"])
    await expect(kim.page.locator("main")).to_contain_text("Anyone who has this link can see this page.")
    assert (await Axe().run(kim.page)).response["violations"] == []
    await kim.button("Continue this conversation").click()
    await expect(kim.questions).to_have_text(["Which link?"])
    assert kim.faults == []

    await lee.button("Options").click()
    await lee.button("Share").click()
    await dialog.get_by_role("button", name="Update link").click()
    await expect(dialog.get_by_role("button", name="Update link")).to_have_count(0)
    await kim.page.goto(link)
    await expect(kim.page.get_by_role("article", name="You")).to_have_count(2)
    await dialog.get_by_role("button", name="Revoke link").click()
    await expect(dialog.get_by_role("button", name="Create link")).to_be_visible()
    await dialog.get_by_role("button", name="Create link").click()
    await dialog.get_by_role("button", name="Close").click()
    gone = await kim.page.goto(link)
    assert gone is not None
    assert gone.status == 404

    await lee.page.goto(f"{lee.url}/settings#shares")
    row = lee.page.get_by_role("list", name="Shared links").get_by_role("listitem")
    await expect(row).to_contain_text("Which link?")
    await row.get_by_role("button", name="Revoke: Which link?").click()
    await lee.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(lee.page.locator("#shares")).to_contain_text("You have shared nothing.")
    assert lee.faults == []


async def test_a_branch_opens_and_the_original_stays(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("First question")
    original = lee.page.url
    async with served.client("lee@example.com") as api:
        await chat(api, "Second question", conversation_id=original.rpartition("/")[2])
    await lee.page.reload()
    await expect(lee.questions).to_have_count(2)
    await lee.answers.first.get_by_role("button", name="Branch into new chat").click()
    await expect(lee.questions).to_have_text(["First question"])
    assert lee.page.url != original
    await expect(lee.conversations).to_have_text(["First question"] * 2)
    await lee.page.goto(original)
    await expect(lee.questions).to_have_text(["First question", "Second question"])
    assert lee.faults == []
