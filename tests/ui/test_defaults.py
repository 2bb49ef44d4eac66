"""The default system prompt: set on the administration page, shown in the chat settings, and overridden there."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.app.serving import Served
from tests.ui.test_control import open_panel, stored

pytestmark = pytest.mark.browser
PROMPT = "Answer in rhymes"


async def test_it_is_set_shown_and_overridden(served: Served, person: Callable[..., Any]) -> None:
    lee = await person()
    await lee.page.goto(f"{lee.url}/admin")
    section = lee.page.locator("#defaults")
    await expect(section.get_by_text("None: the model as it is")).to_be_visible()
    await lee.button("Change defaults").click()
    dialog = lee.page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="System prompt").fill(PROMPT)
    await expect(dialog.get_by_role("combobox", name="Model")).to_have_value("")
    await dialog.get_by_role("button", name="Save").click()
    await expect(section.get_by_text(PROMPT)).to_be_visible()

    kim = await person(email="kim@example.com")
    panel = await open_panel(kim)
    field, state = panel.get_by_label("System prompt"), panel.get_by_role("status")
    await expect(field).to_have_attribute("placeholder", PROMPT)
    await expect(panel.get_by_text("An administrator has set the default")).to_be_visible()
    await kim.ask("hello")
    assert [turn.content for turn in served.engine.prompts[-1].messages] == [PROMPT, "hello"]
    await expect(field).to_have_value("")
    await expect(field).to_have_attribute("placeholder", PROMPT)
    assert (await stored(served, kim)).system_prompt == PROMPT
    await field.fill("Be short")
    await expect(state.filter(has_text="Saved")).to_be_visible()
    assert (await stored(served, kim)).system_prompt == "Be short"
    await panel.get_by_role("button", name="Use the service's default").click()
    await expect(state.filter(has_text="Saved")).to_be_visible()
    assert (await stored(served, kim)).system_prompt == PROMPT
    await expect(field).to_have_value("")
    assert lee.faults == kim.faults == []
