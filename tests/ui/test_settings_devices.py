"""Devices on the settings page, and the look of this browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.app.serving import PASSWORD, Served
from tests.ui.people import Person
from tests.ui.test_settings import LEE, may_sign_in

pytestmark = pytest.mark.browser


def devices(who: Person) -> Locator:
    return who.page.get_by_role("list", name="Devices").get_by_role("listitem")


async def test_devices_are_told_and_signed_out(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    tokens = [await served.services.auth.sign_in(LEE, PASSWORD) for _ in range(3)]
    await lee.page.goto(f"{lee.url}/settings")
    await expect(devices(lee)).to_have_count(4)
    own = devices(lee).filter(has_text="This browser")
    await expect(own).to_contain_text("Chrome · Linux")
    await expect(own.get_by_role("button")).to_have_count(0)
    await devices(lee).get_by_role("button", name="Sign out: Unknown device").first.click()
    await expect(devices(lee)).to_have_count(3)
    alive = [token for token in tokens if await served.services.auth.user_by_cookie(token) is not None]
    assert len(alive) == 2
    await lee.button("Sign out all others").click()
    await lee.page.get_by_role("dialog").get_by_role("button", name="Sign out all others").click()
    await expect(devices(lee)).to_have_count(1)
    await expect(lee.button("Sign out all others")).to_be_hidden()
    assert [await served.services.auth.user_by_cookie(token) for token in tokens] == [None] * 3
    # This one goes on.
    await lee.page.reload()
    await expect(devices(lee)).to_have_count(1)
    assert await may_sign_in(served, LEE, PASSWORD)
    assert lee.faults == []


async def test_theme_and_language_of_this_browser(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.page.goto(f"{lee.url}/settings")
    await expect(lee.button("System")).to_have_attribute("aria-pressed", "true")
    await lee.button("Dark").click()
    await expect(lee.button("Dark")).to_have_attribute("aria-pressed", "true")
    await lee.page.reload()
    await expect(lee.button("Dark")).to_have_attribute("aria-pressed", "true")
    await expect(lee.button("System")).to_have_attribute("aria-pressed", "false")
    await lee.page.get_by_role("link", name="한국어").click()
    await expect(lee.page.get_by_role("heading", name="화면", exact=True)).to_be_visible()
    assert lee.page.url.endswith("/settings?lang=ko")
