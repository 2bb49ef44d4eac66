"""Usage, second factor and own data on the settings page; and that everybody can use the page."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyotp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from app.limits.bounds import LimitName
from app.limits.schemas import LimitUse
from tests.app.serving import PASSWORD, Served
from tests.ui.test_settings import LEE, may_sign_in, open_dialog, open_settings
from tests.ui.test_settings_keys import make_key
from ui.components.usage_bar import reset_words
from ui.i18n import Translator

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
SMALL = """() => [...document.querySelectorAll('.settings button, .settings a, .dialog button, .dialog .input')]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().height < 40)
    .map((e) => e.outerHTML.slice(0, 80))"""


def use(name: LimitName, used: int, after: timedelta | None, held: int = 0) -> LimitUse:
    resets_at = None if after is None else NOW + after
    reset = None if resets_at is None else int(resets_at.timestamp())
    return LimitUse(name=name, limit=100, used=used, held=held, remaining=100 - used, resets_at=resets_at, reset=reset)


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (use("requests", 0, timedelta(0)), "Nothing used at present."),
        (use("requests", 3, timedelta(seconds=41.2)), "More is free in 42 s."),
        (use("requests", 3, timedelta(minutes=30)), "More is free from 19:30."),
        (use("tokens_per_day", 3, timedelta(hours=14)), "Starts anew at 09:00."),
        (use("tokens_per_minute", 9, timedelta(0), 8), "More is free in 1 s. Running answers hold 8 of it."),
        (use("concurrent", 1, None), "Free again when an answer ends."),
    ],
)
def test_when_it_is_free_again(used: LimitUse, words: str) -> None:
    assert reset_words(Translator("en"), used, SEOUL, NOW) == words


@pytest.mark.browser
async def test_usage_grows_by_itself(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await open_settings(lee)
    tokens = lee.page.get_by_role("meter", name="Tokens per minute")
    await expect(tokens).to_have_attribute("aria-valuetext", re.compile("^0 of [0-9,]+$"))
    answers = lee.page.get_by_role("meter", name="Answers at the same time")
    served.engine.gate.clear()
    second = await lee.page.context.new_page()
    await second.goto(lee.url)
    await second.get_by_role("textbox", name="Message").fill("Hello")
    await second.get_by_role("textbox", name="Message").press("Enter")
    await expect(second.get_by_role("button", name="Stop")).to_be_visible()
    await lee.page.bring_to_front()
    await lee.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(answers).to_have_attribute("aria-valuenow", "1")
    served.engine.gate.set()
    await expect(second.get_by_role("button", name="Details")).to_be_visible()
    await lee.button("Refresh").click()
    await expect(answers).to_have_attribute("aria-valuenow", "0")
    await expect(tokens).not_to_have_attribute("aria-valuenow", "0")
    assert lee.faults == []


@pytest.mark.browser
async def test_second_factor_on_and_off(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await open_settings(lee)
    dialog = await open_dialog(lee, "Turn on two-factor")
    await dialog.get_by_label("Current password").fill("wrong")
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("is wrong")
    await dialog.get_by_label("Current password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Next").click()
    image = lee.page.get_by_role("img", name="QR code")
    await expect(image).to_be_visible()
    assert await image.evaluate("(image) => image.decode().then(() => image.naturalWidth > 100)")
    app = pyotp.TOTP(await lee.page.locator("#totp-secret").inner_text())
    await lee.page.get_by_label("Code", exact=False).fill("12")
    await lee.button("Turn on two-factor").last.click()
    await expect(dialog.get_by_role("alert")).to_contain_text("code")
    assert await may_sign_in(served, LEE, PASSWORD)
    await lee.page.get_by_label("Code", exact=False).fill(app.now())
    await lee.button("Turn on two-factor").last.click()
    codes = (await lee.page.locator("#recovery-codes").inner_text()).split()
    assert len(codes) == 10
    await lee.button("I have saved it").click()
    await expect(lee.button("Turn off two-factor")).to_be_focused()
    assert not await may_sign_in(served, LEE, PASSWORD)
    dialog = await open_dialog(lee, "Turn off two-factor")
    await dialog.get_by_label("Current password").fill(PASSWORD)
    await dialog.get_by_label("Code", exact=False).fill(codes[0])
    await dialog.get_by_role("button", name="Turn off two-factor").click()
    await expect(lee.button("Turn on two-factor")).to_be_visible()
    assert await may_sign_in(served, LEE, PASSWORD)
    assert lee.faults == []


@pytest.mark.browser
async def test_own_data_as_a_file(person: Callable[..., Any], tmp_path: Path) -> None:
    lee = await person()
    await open_settings(lee)
    await expect(lee.page.get_by_role("region", name="My data")).to_contain_text(
        "Administrators of this server can read"
    )
    async with lee.page.expect_download() as started:
        await lee.page.get_by_role("link", name="Export my data").click()
    file = tmp_path / "export.json"
    await (await started.value).save_as(file)
    assert json.loads(file.read_text())["profile"]["email"] == LEE


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
async def test_everybody_can_use_it(person: Callable[..., Any], scheme: str, width: int) -> None:
    lee = await person(color_scheme=scheme, viewport={"width": width, "height": 740}, reduced_motion="reduce")
    await lee.page.goto(f"{lee.url}/settings")
    await expect(lee.page.get_by_role("meter")).to_have_count(4)
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}

    async def check() -> None:
        found = await Axe().run(lee.page, options=options)
        assert found.violations_count == 0, found.generate_report()
        assert await lee.page.evaluate(SMALL) == []
        assert await lee.page.evaluate("document.querySelector('.settings').scrollWidth") == width

    await check()
    dialog = await open_dialog(lee, "Delete account")
    await dialog.get_by_role("button", name="Delete for ever").click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await check()
    await lee.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await make_key(lee, "A name without any space that is far longer than the telephone is wide".replace(" ", "_"))
    await check()
    await lee.button("I have saved it").click()
    await expect(dialog).to_have_count(0)
    await check()


@pytest.mark.browser
async def test_keyboard_alone_is_enough(person: Callable[..., Any]) -> None:
    lee = await person(locale="ko-KR", reduced_motion="reduce")
    await lee.page.goto(f"{lee.url}/settings?lang=ko")
    await expect(lee.page.get_by_role("meter")).to_have_count(4)
    assert await lee.page.evaluate("document.documentElement.lang") == "ko"
    opener = lee.button("비밀번호 바꾸기")
    while not await opener.evaluate("(element) => element === document.activeElement"):
        await lee.page.keyboard.press("Tab")
    assert await opener.evaluate("(element) => getComputedStyle(element).outlineStyle") == "solid"
    await lee.page.keyboard.press("Enter")
    dialog = lee.page.get_by_role("dialog")
    await expect(dialog.get_by_label("현재 비밀번호")).to_be_focused()
    await lee.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()
