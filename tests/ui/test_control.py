"""The panel “Chat settings”: before the first message and after, what is wrong, presets."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Locator, expect

from app.auth.current import CurrentUser
from app.conversations.schemas import ConversationView
from tests.app.serving import Served
from tests.ui.people import Person

pytestmark = pytest.mark.browser


async def open_panel(who: Person) -> Locator:
    # On a phone it is in the menu of a conversation that is open.
    if not await who.page.locator(".header-settings").is_visible():
        await who.button("Options").click()
    await who.button("Chat settings").locator("visible=true").click()
    panel = who.page.get_by_role("dialog", name="Chat settings")
    await expect(panel).to_be_visible()
    return panel


async def stored(served: Served, who: Person) -> ConversationView:
    """The conversation that is open."""
    await expect(who.page).to_have_url(re.compile("/c/"))
    (token,) = [one["value"] for one in await who.page.context.cookies() if "session" in one["name"]]
    user: CurrentUser | None = await served.services.auth.user_by_cookie(token)
    assert user is not None
    return await served.services.conversations.get(user, UUID(who.page.url.rsplit("/", 1)[1]))


@pytest.mark.parametrize("width", [360, 1440])
async def test_settings_count_from_the_first_message_on(person: Callable[..., Any], served: Served, width: int) -> None:
    lee = await person(viewport={"width": width, "height": 800})
    panel = await open_panel(lee)
    await panel.get_by_label("System prompt").fill("Answer in rhymes")
    await expect(panel.get_by_text("3 tokens", exact=True)).to_be_visible()
    await panel.get_by_role("textbox", name="Longest answer").fill("3")
    await panel.get_by_role("slider", name="Temperature").fill("0.5")
    await expect(panel.get_by_role("textbox", name="Temperature")).to_have_value("0.5")
    await expect(panel.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await lee.page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(lee.button("Chat settings")).to_be_focused()
    assert "하나 둘 셋" in await lee.ask("hello")
    assert [turn.content for turn in served.engine.prompts[-1].messages] == ["Answer in rhymes", "hello"]
    begun = await stored(served, lee)
    assert begun.system_prompt == "Answer in rhymes"
    assert begun.params == {"max_tokens": 3, "temperature": 0.5}
    panel = await open_panel(lee)
    await expect(panel.get_by_label("System prompt")).to_have_value("Answer in rhymes")
    await panel.get_by_role("button", name="Use the service's default").click()
    await panel.get_by_role("button", name="Reset: Longest answer").click()
    await expect(panel.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    changed = await stored(served, lee)
    assert (changed.system_prompt, changed.params) == (None, {"temperature": 0.5})
    assert lee.faults == []


async def test_wrong_values_are_told_at_the_field_and_kept(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("hello")
    panel = await open_panel(lee)
    temperature = panel.get_by_role("textbox", name="Temperature")
    await temperature.fill("2.5")
    await panel.get_by_role("textbox", name="Seed").fill("1.5")
    await expect(panel.get_by_text("A number from 0 to 2, please.")).to_be_visible()
    await expect(panel.get_by_text("A whole number from")).to_be_visible()
    await expect(panel.get_by_role("status").filter(has_text="Not saved")).to_be_visible()
    assert (await stored(served, lee)).params == {}
    await expect(temperature).to_have_value("2.5")
    await temperature.fill("1.5")
    await panel.get_by_role("textbox", name="Seed").fill("7")
    await panel.get_by_label("Stop texts").fill("END\n\nFIN")
    await expect(panel.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    assert (await stored(served, lee)).params == {"temperature": 1.5, "seed": 7, "stop": ["END", "FIN"]}


async def test_presets(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    panel = await open_panel(lee)
    await panel.get_by_label("System prompt").fill("Be a poet")
    await panel.get_by_role("button", name="Save as preset").click()
    await panel.get_by_role("textbox", name="Name of the preset").fill("Poet")
    await lee.page.keyboard.press("Enter")
    await expect(panel.get_by_text("Saved as “Poet”.")).to_be_visible()
    preset = panel.get_by_label("Preset", exact=True)
    await expect(preset.locator("option:checked")).to_have_text("Poet")
    # What differs from it is no longer it; choosing it brings everything back.
    await panel.get_by_label("System prompt").fill("Be a cook")
    await expect(preset.locator("option:checked")).to_have_text("No preset")
    await preset.select_option("Poet")
    await expect(panel.get_by_label("System prompt")).to_have_value("Be a poet")
    await panel.get_by_role("button", name="Use for new chats").click()
    await expect(panel.get_by_text("New chats begin with “Poet”.")).to_be_visible()
    await lee.page.reload()
    await lee.ask("hello")
    assert served.engine.prompts[-1].messages[0].content == "Be a poet"
    panel = await open_panel(lee)
    await panel.get_by_role("button", name="Delete").click()
    await panel.get_by_role("button", name="Really delete?").click()
    await expect(panel.get_by_text("Deleted.")).to_be_visible()
    await expect(preset.locator("option:checked")).to_have_text("No presets yet")
    await expect(panel.get_by_label("System prompt")).to_have_value("Be a poet")
