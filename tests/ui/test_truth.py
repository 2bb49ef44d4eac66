"""What the page says about waiting is true, in both languages: limits, the queue, an engine that is away."""

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import Browser, expect

from app.config import Settings
from tests.app.serving import PASSWORD, serving
from tests.scripted_engine import ScriptedEngine
from tests.ui.people import Person

pytestmark = pytest.mark.browser

WORDS = {
    "en": ("You can try again in", "Place 1 in the queue", "The engine is restarting; your answer will go on"),
    "ko": ("초 뒤에 다시 시도할 수 있습니다", "대기 순서 1번째", "엔진이 다시 시작되고 있습니다. 답변은 이어집니다"),
}
MESSAGE = {"en": "Message", "ko": "메시지"}


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_limit_counts_down_and_the_text_stays(
    make_settings: Callable[..., Settings], browser: Browser, language: str
) -> None:
    async with serving(make_settings(limits={"requests": "1/minute"}), ScriptedEngine()) as served:
        lee = Person(await browser.new_page(locale="en-US"), served.url)
        await lee.register("lee@example.com", PASSWORD)
        await lee.page.goto(f"{lee.url}/?lang={language}")
        field = lee.page.get_by_role("textbox", name=MESSAGE[language], exact=True)
        for content in ("First", "Second"):
            await field.fill(content)
            await field.press("Enter")
            if content == "First":
                await expect(field).to_have_value("")
        timer = lee.page.locator(".countdown [aria-hidden]")
        await expect(timer).to_contain_text(WORDS[language][0])
        first = await timer.inner_text()
        await expect(timer).not_to_have_text(first)
        await expect(field).to_have_value("Second")
        # A clock that is told to be further.
        await lee.page.evaluate("Date.now = ((now) => () => now() + 60_000)(Date.now)")
        await expect(timer).to_have_text(
            {"en": "You can try again now.", "ko": "이제 다시 시도할 수 있습니다."}[language]
        )


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_the_queue_and_a_lost_engine_are_told(
    make_settings: Callable[..., Settings], browser: Browser, language: str
) -> None:
    engine = ScriptedEngine()
    async with serving(make_settings(engine={"max_num_seqs": 1}), engine) as served:
        await served.services.engine.wait_ready()
        lee = Person(await browser.new_page(locale="en-US"), served.url)
        await lee.register("lee@example.com", PASSWORD)
        await lee.page.goto(f"{lee.url}/?lang={language}")
        log = lee.page.get_by_role("log")
        field = lee.page.get_by_role("textbox", name=MESSAGE[language], exact=True)
        engine.gate.clear()
        async with served.client("kim@example.com") as kim:
            other = asyncio.create_task(
                kim.post("/api/chat", json={"content": "x"}, headers={"Accept": "text/event-stream"})
            )
            async with asyncio.timeout(10):
                while not engine.running:
                    await asyncio.sleep(0.01)
            await field.fill("Me too")
            await field.press("Enter")
            await expect(log).to_contain_text(WORDS[language][1])
            engine.gate.set()
            assert (await other).status_code == 200
        await expect(log).to_contain_text("code too")
        engine.delay = 0.05
        engine.reply = "word " * 60
        await field.fill("Again")
        await field.press("Enter")
        await expect(log).to_contain_text("word word")
        engine.may_start.clear()
        engine.dead = True
        await expect(log).to_contain_text(WORDS[language][2])
        engine.delay = 0
        engine.may_start.set()
        await expect(log).not_to_contain_text(WORDS[language][2])
        await expect(log).to_contain_text("word " * 50)
