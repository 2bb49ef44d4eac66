"""The message field: keys, input methods, messages that wait, and messages whose fate is not known."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from app.auth.current import CurrentUser
from app.conversations.schemas import ConversationView
from app.generations.generation import Followed
from tests.app.serving import Served
from tests.ui.people import Person

pytestmark = pytest.mark.browser

# What the two families of browsers tell while Enter ends the composition of a syllable.
CHROMIUM = ["compositionstart", "keydown:isComposing", "compositionend"]
SAFARI = ["compositionstart", "compositionend", "keydown:229"]
COMPOSE = """(field, steps) => {
    for (const step of steps) {
        const [type, how] = step.split(":");
        const init = { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true, keyCode: 229 };
        field.dispatchEvent(type.startsWith("composition")
            ? new CompositionEvent(type, { bubbles: true, data: "한" })
            : new KeyboardEvent(type, { ...init, isComposing: how === "isComposing" }));
    }
}"""

KEEP_SENT = """(() => {
    const keep = Storage.prototype.setItem;
    Storage.prototype.setItem = function (key, value) {
        if (key.startsWith("sent:")) window.kept = [key, value];
        keep.call(this, key, value);
    };
})()"""


def waiting(person: Person) -> Locator:
    return person.page.get_by_role("list", name="Waiting messages").get_by_role("listitem")


def bubbles(person: Person) -> Locator:
    return person.questions.locator(".bubble")


@pytest.mark.parametrize("steps", [CHROMIUM, SAFARI])
async def test_input_method_keeps_its_enter(person: Callable[..., Any], served: Served, steps: list[str]) -> None:
    lee = await person()
    await lee.message.fill("한")
    await lee.message.evaluate(COMPOSE, steps)
    await expect(lee.message).to_have_value("한")
    await lee.message.press("Enter")
    await expect(bubbles(lee)).to_have_text(["한"])
    await expect(lee.answers).to_contain_text("code too")
    await lee.message.press("ArrowUp")
    field = lee.page.get_by_role("textbox", name="Edit message")
    await expect(field).to_be_focused()
    await field.evaluate(COMPOSE, steps)
    await expect(field).to_have_value("한")
    await field.press("Control+Enter")
    await expect(lee.button("Previous version")).to_have_count(1)
    assert len(served.engine.prompts) == 2
    assert lee.faults == []


async def test_enter_can_make_lines(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.button("Add").click()
    option = lee.page.get_by_role("switch", name="Ctrl+Enter sends")
    await option.click()
    await expect(option).to_have_attribute("aria-checked", "true")
    await lee.page.keyboard.press("Escape")
    await expect(option).to_have_count(0)
    await lee.page.reload()
    await expect(lee.message).to_have_attribute("enterkeyhint", "enter")
    await lee.message.fill("one")
    await lee.message.press("Enter")
    await lee.message.press_sequentially("two")
    await expect(lee.message).to_have_value("one\ntwo")
    await lee.message.press("Control+Enter")
    await expect(bubbles(lee)).to_have_text(["one\ntwo"])


async def test_messages_wait_for_the_answer_and_through_a_reload(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.gate.clear()
    await lee.send("First")
    await expect(lee.button("Stop")).to_be_visible()
    for content in ("Second", "Wrong", "Third"):
        await lee.send(content)
    await expect(lee.message).to_have_value("")
    await expect(waiting(lee)).to_have_text(["Second", "Wrong", "Third"])
    await waiting(lee).nth(1).get_by_role("button", name="Remove waiting message").click()
    await lee.message.press("ArrowUp")
    await expect(lee.message).to_have_value("Third")
    await lee.message.fill("Third, better")
    await lee.button("Queue message").click()
    await lee.page.reload()
    await expect(waiting(lee)).to_have_text(["Second", "Third, better"])
    await expect(bubbles(lee)).to_have_text(["First"])
    served.engine.gate.set()
    await expect(bubbles(lee)).to_have_text(["First", "Second", "Third, better"])
    await expect(waiting(lee)).to_have_count(0)
    await expect(lee.answers).to_have_count(3)
    await expect(lee.button("Stop")).to_have_count(0)
    assert len(served.engine.prompts) == 3
    assert lee.faults == []


async def test_an_answer_that_ends_before_it_is_shown_lets_the_next_message_go(
    person: Callable[..., Any], served: Served
) -> None:
    lee = await person()
    served.engine.reply = "now"
    served.engine.gate.clear()
    await lee.send("First")
    await expect(lee.button("Stop")).to_be_visible()
    for content in ("Second", "Third", "Fourth"):
        await lee.send(content)
    await expect(waiting(lee)).to_have_text(["Second", "Third", "Fourth"])
    served.engine.gate.set()
    await expect(bubbles(lee)).to_have_text(["First", "Second", "Third", "Fourth"])
    await expect(waiting(lee)).to_have_count(0)


async def test_after_stop_nothing_is_sent_by_itself(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.gate.clear()
    await lee.send("First")
    await expect(lee.button("Stop")).to_be_visible()
    await lee.send("Second")
    await lee.button("Stop").click()
    await expect(lee.answers).to_contain_text("You stopped this answer.")
    served.engine.gate.set()
    await expect(waiting(lee)).to_contain_text("Second")
    await expect(bubbles(lee)).to_have_text(["First"])
    await lee.button("Ask now").click()
    await expect(bubbles(lee)).to_have_text(["First", "Second"])
    await expect(waiting(lee)).to_have_count(0)


async def test_each_conversation_has_its_own_waiting_messages(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("Other")
    await lee.button("New chat").click()
    await lee.page.wait_for_url(lee.url + "/")
    served.engine.gate.clear()
    await lee.send("First")
    await expect(lee.button("Stop")).to_be_visible()
    await lee.send("Second")
    await lee.conversations.filter(has_text="Other").click()
    await expect(bubbles(lee)).to_have_text(["Other"])
    await expect(waiting(lee)).to_have_count(0)
    await lee.conversations.filter(has_text="First").click()
    await expect(bubbles(lee)).to_have_text(["First"])
    await expect(waiting(lee)).to_have_text(["Second"])
    served.engine.gate.set()
    await expect(bubbles(lee)).to_have_text(["First", "Second"])


async def test_a_message_whose_fate_is_not_known_is_sent_once(person: Callable[..., Any], served: Served) -> None:
    """The page went away between sending and hearing of it: after the server had taken the message, and before."""
    lee = await person()
    await lee.page.add_init_script(KEEP_SENT)
    await lee.page.reload()
    await lee.ask("First")
    await lee.ask("Second")
    await lee.page.evaluate("localStorage.setItem(...window.kept)")
    await lee.page.reload()
    await expect(lee.answers).to_have_count(2)
    await lee.page.wait_for_function("!Object.keys(localStorage).some((key) => key.startsWith('sent:'))")
    await expect(bubbles(lee)).to_have_text(["First", "Second"])
    await expect(lee.message).to_have_value("")
    assert len(served.engine.prompts) == 2
    # The same words with a key that never came to the server.
    await lee.page.evaluate('localStorage.setItem(window.kept[0], window.kept[1].replace(/.key.:.../, \'"key":"x\'))')
    await lee.page.reload()
    await expect(bubbles(lee)).to_have_text(["First", "Second", "Second"])
    await expect(lee.answers.nth(2)).to_contain_text("code too")
    assert len(served.engine.prompts) == 3
    assert [fault for fault in lee.faults if "409" not in fault] == []


async def test_what_is_typed_before_the_first_message_is_taken_stays(
    person: Callable[..., Any], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page hears in one update that it was taken and of its conversation."""
    lee = await person()
    conversations, may_take = served.services.conversations, asyncio.Event()
    ask, get, known = conversations.send, conversations.get, []

    async def held(user: CurrentUser, *request: Any) -> Followed:
        await may_take.wait()
        generation = await ask(user, *request)
        known.append(await get(user, generation.conversation_id))
        return generation

    async def at_once(*_: Any) -> ConversationView:
        return known[0]

    monkeypatch.setattr(conversations, "send", held)
    monkeypatch.setattr(conversations, "get", at_once)
    await lee.send("Question")
    await lee.message.fill("What I think of meanwhile")
    may_take.set()
    await expect(lee.button("Details")).to_be_visible()
    await expect(lee.page).to_have_url(re.compile("/c/"))
    await expect(lee.message).to_have_value("What I think of meanwhile")
    await lee.page.reload()
    await expect(lee.message).to_have_value("What I think of meanwhile")
