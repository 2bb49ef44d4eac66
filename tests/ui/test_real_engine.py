"""The page before the real service: vLLM in its process, the demo model, nothing scripted."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import PASSWORD
from tests.rig.server import Server
from tests.ui.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.vllm]


async def test_register_ask_watch_reload(browser: Browser, live_server: Server) -> None:
    context = await browser.new_context(locale="en-US")
    context.set_default_timeout(30_000)
    lee = Person(await context.new_page(), live_server.url)
    await lee.register("page@example.com", PASSWORD)
    await expect(lee.page.get_by_role("status").filter(has_text="Ready")).to_contain_text("Demo")
    await lee.send("이 서비스는 무엇인가요?")
    await lee.page.wait_for_url(re.compile("/c/"))
    answer = lee.log.get_by_role("article").nth(1)
    await expect(answer).to_contain_text("vllm-chat", timeout=30_000)
    await expect(answer.get_by_role("button", name="Details")).to_be_visible(timeout=60_000)
    whole = await answer.locator(".prose").inner_text()
    await lee.page.reload()
    await expect(answer.locator(".prose")).to_have_text(whole, use_inner_text=True)
    assert lee.faults == []
