"""What a model writes does nothing to the page, and the page can be used by everybody."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.app.serving import Served
from tests.ui.texts import ANSWER, HOSTILE

pytestmark = pytest.mark.browser

TRACES = """() => ({
    hacked: window.hacked,
    elements: document.querySelectorAll('.prose :is(script, style, form, input, iframe, svg, img, object, embed, base, '
        + 'meta, link, video, audio)').length,
    attributes: [...document.querySelectorAll('.prose .md-block *')].filter(
        (e) => e.hasAttribute('style') || [...e.attributes].some((a) => a.name.startsWith('on'))).length,
    links: [...document.querySelectorAll('.prose a')].filter((a) => !/^(https?:|mailto:|$)/.test(a.href)).length,
    covered: [...document.querySelectorAll('.prose *')].filter((e) => getComputedStyle(e).position === 'fixed').length,
})"""
NONE = {"hacked": None, "elements": 0, "attributes": 0, "links": 0, "covered": 0}


@pytest.mark.parametrize("stored", [False, True])
async def test_hostile_answers_do_nothing(person: Callable[..., Any], served: Served, stored: bool) -> None:
    lee = await person()
    elsewhere: list[str] = []
    lee.page.on("request", lambda request: elsewhere.append(request.url) if lee.url not in request.url else None)
    served.engine.reply = "\n\n".join(text.replace("\x00", "") for text in HOSTILE) + "\n\nEND"
    await lee.ask("".join(HOSTILE).replace("\x00", ""))
    await expect(lee.answers).to_contain_text("END")
    if stored:
        await lee.page.reload()
        await expect(lee.answers).to_contain_text("END")
    assert await lee.page.evaluate(TRACES) == NONE
    assert [url for url in elsewhere if not url.startswith(("data:", "ws:"))] == []
    assert lee.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_accessibility_faults(person: Callable[..., Any], served: Served, scheme: str) -> None:
    lee = await person(color_scheme=scheme)
    served.engine.reply = ANSWER
    await lee.page.goto(lee.url)
    await expect(lee.message).to_be_visible()
    axe = Axe()
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    empty = await axe.run(lee.page, options=options)
    assert empty.violations_count == 0, empty.generate_report()
    await lee.ask("Everything, please")
    await lee.button("Details").click()
    full = await axe.run(lee.page, options=options)
    assert full.violations_count == 0, full.generate_report()
    for path in ("/login", "/nowhere"):
        await lee.page.context.clear_cookies()
        await lee.page.goto(lee.url + path)
        plain = await axe.run(lee.page, options=options)
        assert plain.violations_count == 0, plain.generate_report()


async def test_lost_connection_is_told(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    banner = lee.page.locator(".offline")
    await lee.page.wait_for_function("window.did_handshake")
    await expect(banner).to_be_hidden()
    await lee.page.evaluate("document.getElementById('popup').ariaHidden = false")
    await expect(banner).to_be_visible()
    await lee.page.evaluate("document.getElementById('popup').ariaHidden = true")
    await expect(banner).to_be_hidden()


async def test_copy_takes_the_source(person: Callable[..., Any], served: Served) -> None:
    lee = await person(permissions=["clipboard-read", "clipboard-write"])
    served.engine.reply = "**bold** and\n\n```py\nx = 1\n```\n"
    await lee.ask("Code")
    await lee.button("Copy").click()
    read = "navigator.clipboard.readText()"
    await lee.page.wait_for_function("document.querySelector('[data-copied]')")
    assert await lee.page.evaluate(read) == served.engine.reply
    await lee.button("Code to clipboard").click()
    await lee.page.wait_for_function("navigator.clipboard.readText().then((text) => text === 'x = 1\\n')")
