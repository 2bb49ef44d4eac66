"""A rate limit tells when it frees, and counts down to it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from app.config import Settings
from tests.app.serving import Served, serving
from tests.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture(loop_scope="module")
async def served(make_settings: Callable[..., Settings]) -> AsyncIterator[Served]:
    """One message a minute."""
    async with serving(make_settings(limits={"requests": "1/minute"}), ScriptedEngine()) as running:
        yield running


async def seconds(text: Locator) -> int:
    """That it names."""
    return int((await text.inner_text()).split("초")[0])


async def test_the_wait_is_counted_down(person: Callable[..., Any]) -> None:
    lee = await person(locale="ko")
    await lee.page.clock.install()
    await lee.page.goto(f"{lee.url}/?lang=ko")
    message = lee.page.get_by_role("textbox", name="메시지", exact=True)
    for content in ("하나", "둘"):
        await expect(lee.page.get_by_role("button", name="보내기", exact=True)).to_be_visible()
        await message.fill(content)
        await message.press("Enter")
        if content == "하나":
            await expect(lee.page.get_by_role("button", name="자세히")).to_be_visible()
            await expect(message).to_have_value("")
    notice = lee.page.locator(".notice")
    await expect(notice.get_by_role("alert")).to_have_text("요청이 너무 많습니다. 잠시 뒤 다시 시도해 주세요.")
    waiting = notice.locator(".countdown [aria-hidden]")
    # From here on time passes only when it is told to.
    await lee.page.clock.pause_at(await lee.page.evaluate("Date.now() / 1000 + 2"))
    first, told = await seconds(waiting), await seconds(notice.get_by_role("status"))
    assert first < told <= 60
    await lee.page.clock.fast_forward(5_000)
    await expect(waiting).to_have_text(f"{first - 5}초 뒤에 다시 시도할 수 있습니다.")
    # A screen reader hears it once, not every second.
    await expect(notice.get_by_role("status")).to_have_text(f"{told}초 뒤에 다시 시도할 수 있습니다.")
    await lee.page.clock.fast_forward(60_000)
    await expect(waiting).to_have_text("이제 다시 시도할 수 있습니다.")
    await expect(notice.get_by_role("status")).to_have_text("이제 다시 시도할 수 있습니다.")
    await expect(message).to_have_value("둘")
