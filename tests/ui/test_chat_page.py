"""The chat page as a person uses it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from app.config import Settings
from tests.app.serving import PASSWORD, Served, serving
from tests.scripted_engine import ScriptedEngine
from tests.ui.people import SIGN_IN, Person

pytestmark = pytest.mark.browser

ADDRESS = re.compile(r"/c/[0-9a-f-]{36}$")


async def test_message_is_answered_and_address_comes_first(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.gate.clear()
    await lee.send("What is this service?")
    await lee.page.wait_for_url(ADDRESS)
    await expect(lee.message).to_have_value("")
    await expect(lee.log.get_by_role("article", name="You")).to_have_text("What is this service?")
    await expect(lee.button("Stop")).to_be_visible()
    await expect(lee.button("Send")).to_have_count(0)
    served.engine.gate.set()
    await expect(lee.answers.locator("strong")).to_have_text("Markdown")
    await expect(lee.answers.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    await expect(lee.button("Send")).to_be_disabled()
    await expect(lee.conversations).to_have_text(["What is this service?"])
    assert await lee.page.title() == "What is this service? · vllm-chat"
    assert lee.faults == []


async def test_text_grows_and_survives_reload_and_second_tab(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.reply = " ".join(f"word{number}" for number in range(60))
    served.engine.delay = 0.05
    served.engine.hold = 20
    await lee.send("Count")
    await expect(lee.answers).to_contain_text("word3")
    await expect(lee.answers).to_contain_text("word9")
    second = await lee.page.context.new_page()
    await second.goto(lee.page.url)
    await lee.page.reload()
    for page in (lee.page, second):
        await expect(page.get_by_role("article", name="scripted")).to_contain_text("word0 word1 word2")
        await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    served.engine.delay = 0
    served.engine.go_on()
    for page in (lee.page, second):
        await expect(page.get_by_role("article", name="scripted")).to_contain_text(served.engine.reply)


async def test_stop_ends_the_answer_and_keeps_its_text(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.reply, served.engine.delay = "again " * 500, 0.02
    await lee.send("Never end")
    await expect(lee.answers).to_contain_text("again again")
    await lee.button("Stop").click()
    await expect(lee.answers).to_contain_text("You stopped this answer.")
    await expect(lee.button("Stop")).to_have_count(0)
    assert served.engine.running == set()
    await lee.page.reload()
    await expect(lee.answers).to_contain_text("You stopped this answer.")
    await expect(lee.answers).to_contain_text("again again")


async def test_receipt_opens(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.ask("Hello")
    details = lee.button("Details")
    await expect(details).to_have_attribute("aria-expanded", "false")
    await details.click()
    await expect(details).to_have_attribute("aria-expanded", "true")
    await expect(lee.answers).to_contain_text("Time to first token")
    await expect(lee.answers.locator("dd").last).to_have_text("complete")


async def test_enter_leaves_composition_alone(person: Callable[..., Any]) -> None:
    """Chromium marks the event as composing, Safari gives it the code 229 only."""
    lee = await person()
    await lee.message.fill("안녕")
    press = "(field, how) => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, ...how }))"
    for how in ({"isComposing": True}, {"keyCode": 229}):
        await lee.message.evaluate(press, how)
    await lee.message.press("Shift+Enter")
    await expect(lee.message).to_have_value("안녕\n")
    await expect(lee.log.get_by_role("article")).to_have_count(0)
    await lee.message.press("Enter")
    await expect(lee.log.get_by_role("article", name="You")).to_have_text("안녕")


async def test_draft_is_kept_per_conversation(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.ask("First")
    await lee.message.fill("half a thought")
    await lee.page.reload()
    await expect(lee.message).to_have_value("half a thought")
    await lee.button("New chat").click()
    await expect(lee.message).to_have_value("")
    await lee.conversations.first.click()
    await expect(lee.message).to_have_value("half a thought")


async def test_too_long_message_is_refused_in_words_and_kept(person: Callable[..., Any]) -> None:
    lee = await person()
    long = "word " * 9000
    await lee.send(long)
    await expect(lee.page.get_by_role("alert").filter(has_text="tokens")).to_contain_text("9,000 tokens")
    await expect(lee.message).to_have_value(long)
    await expect(lee.button("Send")).to_be_enabled()
    await expect(lee.log.get_by_role("article")).to_have_count(0)


async def test_reader_is_not_pulled_to_the_end(person: Callable[..., Any], served: Served) -> None:
    lee = await person(viewport={"width": 900, "height": 500})
    served.engine.reply = "line\n\n" * 30 + "MIDDLE " + "more\n\n" * 40 + "END"
    served.engine.delay = 0.01
    await lee.send("Write a lot")
    await expect(lee.answers).to_contain_text("line")
    scroller = lee.page.locator(".thread")
    await expect(lee.answers).to_contain_text("MIDDLE")
    assert await scroller.evaluate("(e) => e.scrollHeight - e.scrollTop - e.clientHeight") < 60
    await lee.page.mouse.move(450, 200)
    await lee.page.mouse.wheel(0, -300)
    await expect(lee.button("Go to the newest")).to_be_visible()
    top = await scroller.evaluate("(e) => e.scrollTop")
    await expect(lee.answers).to_contain_text("END")
    assert abs(await scroller.evaluate("(e) => e.scrollTop") - top) < 40
    await lee.button("Go to the newest").click()
    await expect(lee.button("Go to the newest")).to_have_count(0)


async def test_suggestion_asks(person: Callable[..., Any]) -> None:
    lee = await person(locale="ko-KR")
    await lee.page.goto(lee.url + "/?lang=ko")
    assert await lee.page.evaluate("document.documentElement.lang") == "ko"
    await lee.page.get_by_role("button", name="이 서비스는 무엇인가요?").click()
    await lee.page.wait_for_url(ADDRESS)
    await expect(lee.page.get_by_role("article", name="scripted")).to_contain_text("Markdown and code too")


async def test_phone_shows_one_column_with_a_drawer(person: Callable[..., Any]) -> None:
    lee = await person(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    await lee.ask("A question on the phone that is long enough to need more than one line")
    assert await lee.page.evaluate("document.documentElement.scrollWidth") == 360
    box = await lee.message.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 740
    assert await lee.message.evaluate("(field) => getComputedStyle(field).fontSize") == "16px"
    await expect(lee.conversations).to_have_count(0)
    await lee.button("Open sidebar").click()
    await expect(lee.conversations).to_have_count(1)
    await lee.page.keyboard.press("Escape")
    await expect(lee.conversations).to_have_count(0)
    small = """() => [...document.querySelectorAll('button, textarea, .brand, nav a')]
        .filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().height < 40)
        .map((e) => e.outerHTML.slice(0, 80))"""
    assert await lee.page.evaluate(small) == []


async def test_other_peoples_conversation_is_not_found(person: Callable[..., Any]) -> None:
    lee, kim = await person(), await person("kim@example.com")
    await lee.ask("Private")
    for address in (lee.page.url, f"{lee.url}/c/nonsense", f"{lee.url}/nowhere"):
        response = await kim.page.goto(address)
        assert response is not None
        assert response.status == 404
        await expect(kim.page.get_by_role("heading")).to_have_text("There is nothing here")
    await kim.page.get_by_role("link", name="Go home").click()
    await expect(kim.message).to_be_visible()


async def test_signing_out_closes_the_other_tabs(person: Callable[..., Any]) -> None:
    lee = await person()
    second = await lee.page.context.new_page()
    await second.goto(lee.url)
    await expect(second.get_by_role("textbox", name="Message")).to_be_visible()
    await lee.page.get_by_role("button", name="Account menu").click()
    await lee.button("Sign out").click()
    await lee.page.wait_for_url(SIGN_IN)
    await second.wait_for_url(SIGN_IN)


async def test_who_signs_in_again_comes_back_and_the_message_is_sent_once(
    person: Callable[..., Any], served: Served
) -> None:
    lee = await person()
    await lee.ask("First")
    address = lee.page.url
    await lee.message.fill("Am I still here?")
    cookies = {entry["name"]: entry["value"] for entry in await lee.page.context.cookies()}
    await served.services.auth.sign_out(cookies["vllm_chat_session"])
    await lee.message.press("Enter")
    await lee.page.get_by_role("textbox", name="Email").fill("lee@example.com")
    await lee.page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await lee.button("Sign in").click()
    await lee.page.wait_for_url(address)
    await expect(lee.questions.locator(".bubble")).to_have_text(["First", "Am I still here?"])
    await expect(lee.answers.nth(1)).to_contain_text("code too")
    await expect(lee.message).to_have_value("")
    await lee.page.reload()
    await expect(lee.questions.locator(".bubble")).to_have_text(["First", "Am I still here?"])
    assert len(served.engine.prompts) == 2


async def test_theme_is_kept_and_applied_before_paint(person: Callable[..., Any]) -> None:
    lee = await person(color_scheme="light")
    await lee.page.get_by_role("button", name="Account menu").click()
    await lee.button("Dark").click()
    await expect(lee.button("Dark")).to_have_attribute("aria-pressed", "true")
    background = "() => getComputedStyle(document.body).backgroundColor"
    assert await lee.page.evaluate(background) == "rgb(25, 25, 24)"
    await lee.page.goto(lee.url, wait_until="commit")
    await lee.page.wait_for_function("document.body && document.documentElement.dataset.theme === 'dark'")


async def test_engine_that_is_not_ready_is_told(make_settings: Callable[..., Settings], browser: Browser) -> None:
    engine = ScriptedEngine()
    engine.may_start.clear()
    async with serving(make_settings(), engine) as served:
        lee = Person(await browser.new_page(locale="en-US"), served.url)
        await lee.register("lee@example.com", PASSWORD)
        stage = lee.page.locator(".engine")
        await expect(stage).to_contain_text("Loading the model")
        await lee.send("Are you there?")
        await expect(lee.log.get_by_role("article").nth(1)).to_contain_text("Waiting for the model to be ready")
        engine.may_start.set()
        await expect(stage).to_contain_text("Ready")
        await expect(lee.answers).to_contain_text("Markdown and code too")
