"""The settings page as a person uses it: the account, and what becomes of forged events."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.app.serving import PASSWORD, Served
from tests.ui.people import SIGN_IN, Person

pytestmark = pytest.mark.browser

NEW = "a new horse battery"
LEE = "lee@example.com"


async def open_settings(who: Person) -> None:
    """By the account menu, as people do."""
    await who.page.get_by_role("button", name="Account menu").click()
    await who.page.get_by_role("link", name="Settings", exact=True).click()
    await who.page.wait_for_url("**/settings")
    await expect(who.page.get_by_role("definition").filter(has_text="@")).to_be_visible()


async def open_dialog(who: Person, name: str) -> Locator:
    """The dialog that a button opens."""
    await who.button(name).click()
    dialog = who.page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    return dialog


async def may_sign_in(served: Served, email: str, password: str) -> bool:
    async with served.client("other@example.com") as client:
        answer = await client.post("/api/auth/jwt/login", data={"username": email, "password": password})
    return answer.status_code == 200


async def end_session(who: Person, served: Served) -> None:
    """As somebody else who signs this account out, so that the page does not notice."""
    for cookie in await who.page.context.cookies():
        if cookie["name"] == "vllm_chat_session":
            await served.services.auth.sign_out(cookie["value"])


async def test_profile_and_the_way_back(person: Callable[..., Any]) -> None:
    lee = await person()
    await open_settings(lee)
    await expect(lee.page.get_by_role("definition")).to_contain_text([LEE, "Administrator", "20"])
    assert await lee.page.title() == "Settings · vllm-chat"
    await lee.page.get_by_role("link", name="Back to the chat").click()
    await expect(lee.message).to_be_visible()
    assert lee.faults == []


async def test_new_password(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await open_settings(lee)
    dialog = await open_dialog(lee, "Change password")
    await expect(dialog.get_by_label("Current password")).to_be_focused()
    for current, new, words in (("wrong", NEW, "is wrong"), (PASSWORD, "short", "8 to")):
        await dialog.get_by_label("Current password").fill(current)
        await dialog.get_by_label("New password").fill(new)
        await dialog.get_by_role("button", name="Change password").click()
        await expect(dialog.get_by_role("alert")).to_contain_text(words)
    await dialog.get_by_label("New password").fill(NEW)
    await dialog.get_by_label("New password").press("Enter")
    await lee.page.wait_for_url(SIGN_IN)
    assert not await may_sign_in(served, LEE, PASSWORD)
    assert await may_sign_in(served, LEE, NEW)


async def test_new_address(person: Callable[..., Any], served: Served) -> None:
    await person("kim@example.com")
    lee = await person()
    await open_settings(lee)
    dialog = await open_dialog(lee, "Change email")
    await dialog.get_by_label("Current password").fill(PASSWORD)
    for email, words in (("kim@example.com", "already registered"), ("no address", "check the email address")):
        await dialog.get_by_label("New email").fill(email)
        await dialog.get_by_role("button", name="Change email").click()
        await expect(dialog.get_by_role("alert")).to_contain_text(words)
    await dialog.get_by_label("New email").fill("lee@example.org")
    await dialog.get_by_role("button", name="Change email").click()
    await lee.page.wait_for_url(SIGN_IN)
    assert await may_sign_in(served, "lee@example.org", PASSWORD)


async def test_signing_out_everywhere(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    second = await lee.page.context.new_page()
    await second.goto(lee.url)
    await open_settings(lee)
    elsewhere = await served.services.auth.sign_in(LEE, PASSWORD)
    dialog = await open_dialog(lee, "Sign out everywhere")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_have_count(0)
    assert await served.services.auth.user_by_cookie(elsewhere) is not None
    dialog = await open_dialog(lee, "Sign out everywhere")
    await dialog.get_by_role("button", name="Sign out everywhere").click()
    for page in (lee.page, second):
        await page.wait_for_url(SIGN_IN)
    assert await served.services.auth.user_by_cookie(elsewhere) is None


async def test_only_the_sections_scroll(person: Callable[..., Any]) -> None:
    lee = await person(viewport={"width": 360, "height": 780})
    await lee.page.goto(f"{lee.url}/settings")
    await lee.page.get_by_role("navigation", name="Settings").get_by_role("link").last.click()
    await expect(lee.page.get_by_role("heading", name="My data")).to_be_in_viewport()
    await expect(lee.page.get_by_role("heading", name="Settings", level=1)).to_be_in_viewport()
    assert await lee.page.evaluate("document.documentElement.scrollHeight") == 780


async def test_account_goes_only_with_password_and_address(person: Callable[..., Any], served: Served) -> None:
    await person("kim@example.com")
    lee = await person()
    await open_settings(lee)
    dialog = await open_dialog(lee, "Delete account")
    address, password = dialog.get_by_label("Type your email address"), dialog.get_by_label("Current password")
    for email, typed, words in (("kim@example.com", PASSWORD, "not the email"), (LEE, "wrong", "is wrong")):
        await address.fill(email)
        await password.fill(typed)
        await dialog.get_by_role("button", name="Delete for ever").click()
        await expect(dialog.get_by_role("alert")).to_contain_text(words)
    await password.fill(PASSWORD)
    await dialog.get_by_role("button", name="Delete for ever").click()
    await lee.page.wait_for_url(SIGN_IN)
    assert not await may_sign_in(served, LEE, PASSWORD)
    assert await may_sign_in(served, "kim@example.com", PASSWORD)


async def test_only_administrator_stays(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await open_settings(lee)
    dialog = await open_dialog(lee, "Delete account")
    await dialog.get_by_label("Type your email address").fill(LEE)
    await dialog.get_by_label("Current password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Delete for ever").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("only administrator")
    assert await may_sign_in(served, LEE, PASSWORD)


async def test_page_of_an_ended_session_changes_nothing(
    person: Callable[..., Any], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-WS-2: the socket is still open, and its events come from nobody."""

    async def not_yet(services: object) -> None:
        """Soon such pages are closed; this is what they can do until then."""

    monkeypatch.setattr("ui.sessions.close_ended", not_yet)
    await person("kim@example.com")
    lee = await person()
    await open_settings(lee)
    dialog = await open_dialog(lee, "Delete account")
    await dialog.get_by_label("Type your email address").fill(LEE)
    await dialog.get_by_label("Current password").fill(PASSWORD)
    await end_session(lee, served)
    await dialog.get_by_role("button", name="Delete for ever").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("session has expired")
    await lee.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await lee.button("New API key").click()
    await expect(lee.page.get_by_role("main").get_by_role("alert").first).to_contain_text("session has expired")
    await expect(dialog).to_have_count(0)
    assert await may_sign_in(served, LEE, PASSWORD)


async def test_strangers_are_sent_to_the_sign_in_page(person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.page.context.clear_cookies()
    await lee.page.goto(f"{lee.url}/settings")
    assert lee.page.url.endswith("/login?next=/settings")
