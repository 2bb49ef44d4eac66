"""Conversations out of the page: as files and on paper."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.app.serving import Served, chat

pytestmark = pytest.mark.browser
PRINTS_NOTHING = "window.printed = 0; window.print = () => { window.printed += 1; }"


async def saved_by(person: Any, name: str) -> tuple[str, str]:
    """Press the entry of the menu; the name and the text of the file that comes."""
    async with person.page.expect_download() as saving:
        await person.button(name).click()
    saved = await saving.value
    path = Path(await saved.path())
    return saved.suggested_filename, await asyncio.to_thread(path.read_text)


async def test_the_path_that_is_shown_is_saved(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.reply = "first version"
    await lee.ask("Which version?")
    served.engine.reply = "second version"
    await lee.button("Regenerate").click()
    await expect(lee.answers).to_contain_text("second version")
    await lee.button("Previous version").click()
    await expect(lee.answers).to_contain_text("first version")
    await lee.button("Options").click()
    name, text = await saved_by(lee, "Export as Markdown")
    assert name == "Which version.md"
    assert "first version" in text
    assert "second version" not in text
    await lee.button("Options").click()
    assert "second version" in (await saved_by(lee, "Export as JSON"))[1]
    assert lee.faults == []


async def test_all_messages_go_onto_paper(person: Callable[..., Any], served: Served) -> None:
    lee = await person(color_scheme="dark", timezone_id="Asia/Seoul")
    await lee.page.context.add_init_script(PRINTS_NOTHING)
    await lee.ask("Question 0")
    async with served.client("lee@example.com") as api:
        for number in range(1, 45):
            await chat(api, f"Question {number}", conversation_id=lee.page.url.rpartition("/")[2])
    await lee.page.reload()
    await expect(lee.button("Show earlier messages")).to_be_visible()
    await lee.button("Options").click()
    async with lee.page.context.expect_page() as opening:
        await lee.button("Print or PDF").click()
    paper = await opening.value
    await expect(paper.get_by_role("article", name="You")).to_have_count(45)
    await paper.wait_for_function("window.printed === 1")
    await paper.get_by_role("button", name="Print").click()
    assert await paper.evaluate("window.printed") == 2
    await paper.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    await paper.emulate_media(media="print")
    await expect(paper.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    await expect(paper.locator(".paper-head")).to_be_hidden()
    # The page itself prints without what stands around its messages, too.
    await lee.page.emulate_media(media="print")
    for around in (".sidebar", ".header", ".dock"):
        await expect(lee.page.locator(around)).to_be_hidden()
    assert lee.faults == []
