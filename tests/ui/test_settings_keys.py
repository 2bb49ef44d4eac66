"""API keys on the settings page: made, shown once, used, revoked."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, expect

from app.storage_errors import storage_unavailable
from tests.app.serving import Served
from tests.ui.people import Person
from tests.ui.test_settings import open_dialog, open_settings

pytestmark = pytest.mark.browser


def keys(who: Person) -> Locator:
    return who.page.get_by_role("list", name="API keys").get_by_role("listitem")


async def make_key(who: Person, name: str, **scopes: bool) -> Locator:
    """The dialog that shows the new key."""
    dialog = await open_dialog(who, "New API key")
    await dialog.get_by_label("Name").fill(name)
    for scope, chosen in scopes.items():
        await dialog.get_by_role("checkbox", name=scope).set_checked(chosen)
    await dialog.get_by_role("button", name="Create key").click()
    shown = who.page.get_by_role("dialog", name="Your new API key")
    await expect(shown).to_contain_text("only now")
    return shown


async def may_read(served: Served, key: str) -> bool:
    async with httpx.AsyncClient(base_url=served.url, headers={"x-api-key": key}) as program:
        return (await program.get("/api/conversations")).status_code == 200


@pytest.mark.parametrize("secure", [True, False])
async def test_key_is_shown_once_copied_and_revoked(person: Callable[..., Any], served: Served, secure: bool) -> None:
    lee = await person(permissions=["clipboard-read", "clipboard-write"])
    if not secure:
        await lee.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    await open_settings(lee)
    await expect(lee.page.get_by_text("You have no API keys yet")).to_be_visible()
    shown = await make_key(lee, "My <b>script</b>")
    key = await shown.locator("#new-key").inner_text()
    assert await may_read(served, key)
    await shown.get_by_role("button", name="Copy: API key").click()
    await expect(shown.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert await lee.page.evaluate("navigator.clipboard.readText()") == key
    await lee.page.keyboard.press("Escape")
    await shown.get_by_role("button", name="I have saved it").click()
    await expect(shown).to_have_count(0)
    await expect(lee.button("New API key")).to_be_focused()
    await expect(keys(lee)).to_contain_text(["My <b>script</b>"])
    await expect(keys(lee)).to_contain_text([key[:11]])
    await expect(keys(lee)).to_contain_text([re.compile(r"Valid until \w{3} \d+, 20")])
    await lee.page.reload()
    await expect(keys(lee)).to_have_count(1)
    assert key not in await lee.page.content()
    await lee.page.get_by_role("button", name="Revoke: My").click()
    question = lee.page.get_by_role("dialog")
    await question.get_by_role("button", name="Cancel").click()
    await expect(question).to_have_count(0)
    assert await may_read(served, key)
    await lee.page.get_by_role("button", name="Revoke: My").click()
    await question.get_by_role("button", name="Revoke").click()
    await expect(keys(lee)).to_have_count(0)
    assert not await may_read(served, key)
    assert lee.faults == []


@pytest.mark.parametrize("chat", [True, False])
async def test_example_works_as_it_stands(person: Callable[..., Any], chat: bool) -> None:
    lee = await person()
    await open_settings(lee)
    shown = await make_key(lee, "Example", Chat=chat)
    example = await shown.locator("#new-key-example").inner_text()
    process = await asyncio.create_subprocess_exec("bash", "-c", f"{example} -s", stdout=asyncio.subprocess.PIPE)
    answer = json.loads((await process.communicate())[0])
    assert ("Markdown" in answer["content"]) if chat else (answer["items"] == [])


async def test_what_is_missing_is_told(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await open_settings(lee)
    dialog = await open_dialog(lee, "New API key")
    await dialog.get_by_role("button", name="Create key").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("missing or too long")
    await dialog.get_by_label("Name").fill("Nothing")
    for scope in ("Chat", "Read"):
        await dialog.get_by_role("checkbox", name=scope).uncheck()
    await dialog.get_by_label("Name").press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("missing or too long")
    await dialog.get_by_role("checkbox", name="Administration").check()
    await dialog.get_by_label("Valid for").select_option("No end")
    await dialog.get_by_role("button", name="Create key").dblclick()
    shown = lee.page.get_by_role("dialog", name="Your new API key")
    await expect(shown.locator("pre")).to_have_count(1)
    await shown.get_by_role("button", name="I have saved it").click()
    await expect(keys(lee)).to_have_count(1)
    await expect(keys(lee)).to_contain_text(["No expiry"])


async def test_members_are_offered_no_administration(person: Callable[..., Any], served: Served) -> None:
    await person("kim@example.com")
    lee = await person()
    await open_settings(lee)
    dialog = await open_dialog(lee, "New API key")
    await expect(dialog.get_by_role("checkbox")).to_have_count(2)


async def test_unread_keys_can_be_read_again(
    person: Callable[..., Any], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    lee = await person()
    asked, go_on = served.services.keys.list, asyncio.Event()

    async def slow(user: Any) -> Any:
        await go_on.wait()
        raise storage_unavailable()

    monkeypatch.setattr(served.services.keys, "list", slow)
    await open_settings(lee)
    section = lee.page.get_by_role("region", name="API keys")
    await expect(section.get_by_role("status", name="Loading")).to_be_visible()
    go_on.set()
    await expect(section.get_by_role("alert")).to_contain_text("storage cannot be reached")
    monkeypatch.setattr(served.services.keys, "list", asked)
    await section.get_by_role("button", name="Try again").click()
    await expect(section.get_by_text("You have no API keys yet")).to_be_visible()
