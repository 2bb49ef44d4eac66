"""The administration page as an administrator uses it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.app.serving import Served, chat
from tests.ui.people import Person

pytestmark = pytest.mark.browser


async def open_admin(who: Person) -> None:
    await who.page.get_by_role("button", name="Account menu").click()
    await who.page.get_by_role("link", name="Administration", exact=True).click()
    await expect(who.page.get_by_role("heading", name="Administration")).to_be_visible()


def table(who: Person, name: str) -> Any:
    return who.page.get_by_role("group", name=name, exact=True)


async def test_who_uses_most_and_how_it_went(served: Served, person: Callable[..., Any]) -> None:
    lee = await person()
    async with served.client("kim@example.com") as kim:
        await chat(kim, "hello there")
    await open_admin(lee)
    row = table(lee, "Usage by users").get_by_role("row").filter(has_text="kim@example.com")
    await expect(row.get_by_role("cell").nth(1)).to_have_text("1")
    await expect(table(lee, "Requests").get_by_role("row")).to_contain_text(["Time", "kim@example.com"])
    await expect(lee.page.get_by_text("1 answered, 0 failed, 0 refused")).to_be_visible()
    await lee.page.get_by_role("combobox", name="Ended").select_option("error")
    await expect(lee.page.get_by_text("No requests like these.")).to_be_visible()
    await expect(table(lee, "Audit log").get_by_text("user.registered").first).to_be_visible()
    # `content-visibility` and contrast are those of the other pages, whose tests look at both themes.
    found = await Axe().run(lee.page)
    assert [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")] == []
    assert lee.faults == []


async def test_health_and_who_waited_and_uses_most_at_a_glance(served: Served, person: Callable[..., Any]) -> None:
    lee = await person()
    served.engine.first = 0.3
    async with served.client("kim@example.com") as kim:
        await chat(kim, "word " * 2000)
        served.engine.first = 0
        for _ in range(2):
            await chat(kim, "hello")
    await open_admin(lee)
    state = lee.page.get_by_role("status").filter(has_text="Healthy")
    await expect(state).to_contain_text("got their first token within")
    slowest = table(lee, "Slowest first token of each user, last hour").get_by_role("row")
    await expect(slowest.nth(1)).to_contain_text(re.compile("kim@example.com.*Long prompt: 2,0"))
    greatest = table(lee, "Most tokens, last hour").get_by_role("row")
    await expect(greatest.nth(1)).to_contain_text(re.compile("kim@example.com.*100%"))
    await lee.button("Pause: scripted").click()
    await lee.page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    state = lee.page.get_by_role("status").filter(has_text="Needs a look")
    await expect(state.get_by_text("An administrator has closed the queue of scripted.")).to_be_visible()
    await lee.page.set_viewport_size({"width": 360, "height": 780})
    assert await lee.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert lee.faults == []


async def test_an_account_is_disabled_limited_and_deleted(served: Served, person: Callable[..., Any]) -> None:
    lee = await person()
    async with served.client("kim@example.com") as kim:
        await open_admin(lee)
        await lee.button("Limits: kim@example.com").click()
        dialog = lee.page.get_by_role("dialog")
        await dialog.get_by_role("textbox", name="Answers at the same time").fill("1")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_be_hidden()
        usage = (await kim.get("/api/users/me/usage")).json()["limits"]
        assert [one["limit"] for one in usage if one["name"] == "concurrent"] == [1]
        await lee.button("Disable: kim@example.com").click()
        await expect(lee.button("Enable: kim@example.com")).to_be_visible()
        assert (await kim.get("/api/users/me")).status_code == 401
    await lee.button("Delete: kim@example.com").click()
    await lee.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(table(lee, "Users").get_by_text("kim@example.com")).to_have_count(0)
    # The last administrator stays one, and is told why.
    await lee.page.get_by_role("combobox", name="Role: lee@example.com").select_option("member")
    await expect(lee.page.get_by_role("alert").filter(has_text="administrator")).to_be_visible()
    assert lee.faults == []


async def test_an_invitation_is_made_and_revoked(person: Callable[..., Any]) -> None:
    lee = await person(viewport={"width": 360, "height": 780})
    await lee.page.goto(f"{lee.url}/admin")
    await lee.button("Invite somebody").click()
    dialog = lee.page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Email").fill("new@example.com")
    await dialog.get_by_role("button", name="Invite somebody").click()
    link = lee.page.get_by_role("group", name="Invitation link")
    await expect(link).to_contain_text("/invite/")
    await lee.page.get_by_role("dialog").get_by_role("button").last.click()
    await lee.button("Revoke: new@example.com").click()
    await expect(lee.page.get_by_text("Nobody is invited.")).to_be_visible()
    assert await lee.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert lee.faults == []


async def test_ratings_and_settings_are_found(served: Served, person: Callable[..., Any]) -> None:
    lee = await person()
    async with served.client("kim@example.com") as kim:
        for value, comment in (("up", ""), ("down", "wrong year")):
            first = (await chat(kim, "my secret"))[0]["data"]
            await kim.post(f"/api/messages/{first['message_id']}/feedback", json={"value": value, "comment": comment})
    await open_admin(lee)
    ratings = table(lee, "Ratings")
    await expect(ratings.get_by_role("row")).to_contain_text(["Time", "wrong year", "kim@example.com"])
    await expect(ratings.get_by_text("my secret")).to_have_count(0)
    await lee.page.get_by_role("combobox", name="Rating").select_option("up")
    await expect(ratings.get_by_text("wrong year")).to_have_count(0)
    await expect(ratings.get_by_role("row")).to_have_count(2)
    async with lee.page.expect_download() as download:
        await lee.page.locator("#feedback").get_by_role("link", name="CSV").click()
    assert (await download.value).suggested_filename == "feedback.csv"
    assert "value=up" in (await download.value).url
    await lee.page.get_by_role("searchbox", name="Search settings").fill("secret")
    settings = table(lee, "Settings in force")
    await expect(settings.get_by_role("row")).to_contain_text(["Setting", "CHAT_AUTH__SECRET"])
    await expect(settings.get_by_text("***masked***")).to_be_visible()
    assert lee.faults == []


async def test_for_others_there_is_no_such_page(person: Callable[..., Any]) -> None:
    await person()
    kim = await person(email="kim@example.com")
    await kim.page.get_by_role("button", name="Account menu").click()
    await expect(kim.page.get_by_role("link", name="Settings", exact=True)).to_be_visible()
    await expect(kim.page.get_by_role("link", name="Administration")).to_have_count(0)
    answer = await kim.page.goto(f"{kim.url}/admin")
    assert answer is not None
    assert answer.status == 404


async def test_a_model_is_paused_and_goes_on(served: Served, person: Callable[..., Any]) -> None:
    lee = await person()
    await open_admin(lee)
    await lee.button("Pause: scripted").click()
    await lee.page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    await expect(lee.page.get_by_text("Paused · 0 running, 0 waiting")).to_be_visible()
    kim = await person(email="kim@example.com")
    await kim.send("hello")
    await expect(kim.log.get_by_text("An administrator has paused the model")).to_be_visible()
    await expect(lee.page.get_by_text("Paused · 0 running, 1 waiting")).to_be_visible()
    await expect(lee.button("Pause: scripted")).to_be_hidden()
    await lee.button("Resume: scripted").click()
    await expect(kim.log.get_by_text("하나 둘 셋")).to_be_visible()
    await expect(lee.button("Restart: scripted")).to_be_visible()
    assert lee.faults == kim.faults == []


async def test_somebodys_key_is_found_limited_and_revoked(served: Served, person: Callable[..., Any]) -> None:
    lee = await person()
    async with served.client("kim@example.com") as kim, served.client("lee@example.com") as mine:
        for client, name in ((kim, "notebook"), (mine, "other")):
            assert (await client.post("/api/keys", json={"name": name})).status_code == 201
    await open_admin(lee)
    row = table(lee, "API keys").get_by_role("row").filter(has_text="notebook")
    await expect(row).to_contain_text("Never used")
    await lee.page.get_by_role("searchbox", name="Search by owner's email").fill("kim")
    await expect(table(lee, "API keys").get_by_text("other")).to_have_count(0)
    await lee.button("Limits: notebook (kim@example.com)").click()
    await lee.page.get_by_role("dialog").get_by_role("textbox", name="Answers at the same time").fill("1")
    await lee.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await lee.button("Revoke: notebook (kim@example.com)").click()
    await lee.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(lee.page.get_by_text("No such API keys.")).to_be_visible()
    assert lee.faults == []
