"""The choice of the model: which there are, how they are, and that a conversation keeps its own."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from app.config import Settings
from tests.app.serving import Served
from tests.app.several_models import World, several_models
from tests.scripted_engine import REPLY
from tests.scripted_remote import REPLY as FAR_REPLY
from tests.scripted_remote import chunk, refused, sent
from tests.ui.people import Person

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture(loop_scope="module")
async def world(make_settings: Callable[..., Settings]) -> AsyncIterator[World]:
    async with several_models(make_settings) as three:
        await three.ready("near", "far")
        yield three


@pytest.fixture
def served(world: World) -> Served:
    """What `person` visits."""
    return world.served


def choice(person: Person) -> Locator:
    return person.page.get_by_role("combobox", name="Model", exact=True)


def options(person: Person) -> Locator:
    return choice(person).locator("option")


def answer(person: Person, model: str) -> Locator:
    return person.log.get_by_role("article", name=model, exact=True).last


async def test_a_conversation_keeps_the_model_that_was_chosen(world: World, person: Callable[..., Any]) -> None:
    lee = await person()
    await expect(options(lee)).to_have_text(["scripted · Ready", "near · Ready", "far · Ready"])
    await expect(choice(lee)).to_have_value("")
    await choice(lee).select_option("far")
    await expect(lee.page.locator(".hint")).to_contain_text("runs on another server")
    await lee.send("하나")
    await expect(answer(lee, "far").locator(".prose")).to_have_text(FAR_REPLY)
    first = lee.page.url
    # By the keyboard, in the conversation that is open: its next answers only.
    await choice(lee).focus()
    await choice(lee).press("ArrowUp")
    await expect(choice(lee)).to_have_value("near")
    await lee.send("둘")
    await expect(answer(lee, "near").locator(".prose")).to_have_text("nah")
    await lee.page.reload()
    await expect(choice(lee)).to_have_value("near")
    await expect(answer(lee, "far").locator(".prose")).to_have_text(FAR_REPLY)
    await lee.button("New chat").first.click()
    await expect(choice(lee)).to_have_value("")
    await lee.send("셋")
    await expect(answer(lee, "scripted").locator(".prose")).to_have_text(REPLY.replace("*", "").replace("`", ""))
    await lee.page.goto(first)
    await expect(choice(lee)).to_have_value("near")
    assert lee.faults == []


async def test_the_states_are_told_and_the_one_that_answers(world: World, person: Callable[..., Any]) -> None:
    lee = await person()
    world.near.faults = [sent(chunk({"content": "half "}))]
    await choice(lee).select_option("near")
    await lee.send("하나")
    await expect(answer(lee, "near").locator(".prose")).to_have_text("half")
    # Where the tokens are not known, an answer cannot go on.
    await expect(answer(lee, "near").get_by_role("button", name="Regenerate")).to_be_visible()
    await expect(answer(lee, "near").get_by_role("button", name="Continue")).to_have_count(0)
    world.near.models, world.near.broken = [], refused(500)
    await lee.send("둘")
    await expect(answer(lee, "far").locator(".prose")).to_have_text(FAR_REPLY)
    await expect(options(lee).nth(1)).to_have_text("near · Not reachable")
    await expect(lee.page.locator(".engine")).to_have_attribute("data-stage", "busy")
    await lee.page.goto(f"{lee.url}/?lang=ko")
    await expect(lee.page.get_by_role("combobox", name="모델", exact=True)).to_have_value("")
    await expect(lee.page.locator("option").nth(1)).to_have_text("near · 연결할 수 없음")
    assert lee.faults == []


async def test_a_model_that_is_gone_is_named_and_another_can_be_chosen(
    world: World, person: Callable[..., Any]
) -> None:
    lee = await person()
    await choice(lee).select_option("far")
    await lee.send("하나")
    await expect(answer(lee, "far").locator(".prose")).to_have_text(FAR_REPLY)
    world.served.services.backends._entries.pop("far")
    await lee.page.reload()
    await expect(options(lee)).to_have_text(["scripted · Ready", "near · Ready", "far · No longer offered"])
    await lee.send("둘")
    await expect(lee.page.get_by_role("alert").filter(has_text="far")).to_contain_text("is not available")
    await choice(lee).select_option("near")
    await expect(lee.message).to_have_value("둘")
    await lee.message.press("Enter")
    await expect(answer(lee, "near").locator(".prose")).to_have_text("nah")
