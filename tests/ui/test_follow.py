"""The page follows what is written, and lets go at the reader's first move."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.app.serving import Served
from tests.ui.people import Person

pytestmark = pytest.mark.browser

TOUCH = """(thread) => {
    const touch = new Touch({ identifier: 1, target: thread, clientX: 100, clientY: 100 });
    thread.dispatchEvent(new TouchEvent("touchmove", { touches: [touch], bubbles: true }));
    thread.scrollBy(0, -6);
}"""
# The browser glides for a few frames after a key.
AT_REST = """(e) => new Promise((done) => {
    const tops = [];
    const look = () => {
        tops.unshift(e.scrollTop);
        if (tops.length > 12 && tops.slice(0, 12).every((top) => top === tops[0])) done(tops[0]);
        else requestAnimationFrame(look);
    };
    look();
})"""
REST = "(e) => e.scrollHeight - e.scrollTop - e.clientHeight"


async def wheel(lee: Person) -> None:
    await lee.page.mouse.move(450, 200)
    await lee.page.mouse.wheel(0, -6)


async def touch(lee: Person) -> None:
    await lee.page.locator(".thread").evaluate(TOUCH)


async def page_up(lee: Person) -> None:
    await lee.page.keyboard.press("PageUp")


async def arrow(lee: Person) -> None:
    await lee.page.locator(".thread").focus()
    await lee.page.keyboard.press("ArrowUp")


@pytest.mark.parametrize("move", [wheel, touch, page_up, arrow])
async def test_any_move_up_lets_go(
    person: Callable[..., Any], served: Served, move: Callable[[Person], Awaitable[None]]
) -> None:
    lee = await person(viewport={"width": 900, "height": 500})
    served.engine.reply = "line\n\n " * 30 + "MIDDLE " + "more\n\n " * 30 + "END"
    served.engine.delay = 0.01
    served.engine.hold = 45  # behind the middle: it must not end before the reader moves
    await lee.send("Write a lot")
    await expect(lee.answers).to_contain_text("line line")
    thread = lee.page.locator(".thread")
    await expect(lee.answers).to_contain_text("MIDDLE")
    await lee.page.wait_for_function("document.querySelector('.thread').scrollTop > 300")
    await move(lee)
    served.engine.delay = 0.03
    served.engine.go_on()
    await expect(lee.button("Go to the newest")).to_be_visible()
    top = await thread.evaluate(AT_REST)
    await expect(lee.answers).to_contain_text("END")
    await expect(lee.button("Details")).to_be_visible()
    assert await thread.evaluate("(e) => e.scrollTop") == top
    await lee.button("Go to the newest").click()
    await expect(lee.button("Go to the newest")).to_have_count(0)
    assert await thread.evaluate(REST) <= 1
