"""The installed page: what it shows without a server, what it keeps, and what it never keeps."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.app.serving import PASSWORD, Served
from tests.ui.people import Person
from ui.pages import offline
from ui.static_files import FOLDER

pytestmark = pytest.mark.browser

READY = "navigator.serviceWorker.ready.then((found) => new URL(found.scope).pathname)"
CONTROLLED = "navigator.serviceWorker.controller !== null"
KEPT = """async () => {
  const kept = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) kept.push(new URL(url).pathname);
  return kept;
}"""
TEXTS = """async (secret) => {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      if (answer.headers.has("Set-Cookie") || (await answer.text()).includes(secret)) return request.url;
    }
  }
}"""


async def controlled(page: Page) -> None:
    """The worker sees what this page loads."""
    assert await page.evaluate(READY) == "/"
    await page.reload()
    await page.wait_for_function(CONTROLLED)


async def test_it_can_be_installed(person: Callable[..., Any]) -> None:
    lee = await person()
    await controlled(lee.page)
    devtools = await lee.page.context.new_cdp_session(lee.page)
    found = await devtools.send("Page.getInstallabilityErrors")
    # Tests are private windows, which install nothing; it is the only thing that is missing.
    assert [error["errorId"] for error in found["installabilityErrors"]] == ["in-incognito"]
    assert not (await devtools.send("Page.getAppManifest"))["errors"]
    assert lee.faults == []


@pytest.mark.parametrize(
    ("locale", "title", "again"),
    [("ko-KR", "서버에 연결할 수 없습니다", "다시 시도"), ("en-US", "No connection to the server", "Try again")],
)
async def test_without_a_connection_it_says_so_and_comes_back(
    browser: Browser, served: Served, locale: str, title: str, again: str
) -> None:
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    await page.goto(f"{served.url}/login")
    await controlled(page)
    await context.set_offline(True)
    await page.goto(f"{served.url}/register")
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await expect(page.get_by_role("heading")).to_have_count(1)
    await expect(page).to_have_title(re.compile(title))
    assert await page.evaluate("document.documentElement.lang") == locale[:2]
    await page.get_by_role("button", name=again).click()
    await expect(page.get_by_role("status")).not_to_be_empty()
    await expect(page.get_by_role("button", name=again)).to_be_enabled()
    await context.set_offline(False)
    await expect(page.locator("input[name=email]")).to_be_visible()
    assert page.url == f"{served.url}/register"
    await context.close()


async def test_a_server_that_is_gone(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.ask("Where are you?")
    await controlled(lee.page)
    await served.stop()
    await lee.page.goto(f"{served.url}/settings", wait_until="domcontentloaded")
    await expect(lee.page.get_by_role("heading", name="No connection to the server")).to_be_visible()


async def test_nothing_of_a_person_is_kept(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await controlled(lee.page)
    served.engine.reply = "a secret answer"
    await lee.ask("a secret question")
    await lee.page.goto(f"{served.url}/settings")
    await lee.page.goto(f"{served.url}/")
    await expect(lee.conversations).to_have_count(1)
    await lee.page.evaluate("fetch('/api/conversations').then((answer) => answer.json())")
    kept = await lee.page.evaluate(KEPT)
    assert "/offline" in kept
    assert {path.split("/")[1] for path in kept} == {"offline", "static", "_nicegui"}
    for secret in ("a secret question", "a secret answer", "lee@example.com"):
        assert await lee.page.evaluate(TEXTS, secret) is None
    await sign_out(lee)
    await expect(lee.page.get_by_role("textbox", name="Email")).to_be_visible()
    assert await lee.page.evaluate(READY) == "/"
    kept = await lee.page.evaluate(KEPT)
    assert {path.split("/")[1] for path in kept} <= {"offline", "static"}
    await lee.page.goto(f"{served.url}/")
    await expect(lee.page.get_by_role("textbox", name="Email")).to_be_visible()
    await lee.page.get_by_role("textbox", name="Email").fill("lee@example.com")
    await lee.page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await lee.button("Sign in").click()
    await expect(lee.message).to_be_visible()
    await lee.ask("again")


async def sign_out(lee: Person) -> None:
    await lee.page.evaluate("""() => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = "/logout";
      document.body.append(form);
      form.submit();
    }""")


async def test_a_release_replaces_what_was_kept(
    person: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lee = await person()
    await controlled(lee.page)
    (before,) = await lee.page.evaluate("caches.keys()")
    await lee.page.evaluate("caches.open('of somebody else')")
    monkeypatch.setattr(offline, "_WORKER", offline._WORKER.replace(before.removeprefix("vllm-chat-").encode(), b"new"))
    await lee.page.reload()
    await lee.page.wait_for_function("""async () => {
      const names = await caches.keys();
      return names.sort().join() === "of somebody else,vllm-chat-new";
    }""")
    await lee.ask("Still there?")
    assert lee.faults == []


async def test_what_the_worker_is_made_of(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url) as visitor:
        worker = await visitor.get("/service-worker.js")
        assert worker.headers["cache-control"] == "no-cache"
        assert worker.headers["content-type"].startswith("text/javascript")
        assert (FOLDER / "service_worker.js").read_text() in worker.text
        page = await visitor.get("/offline")
        assert "nonce" not in page.headers["content-security-policy"]
        assert "set-cookie" not in page.headers
        for path in re.findall(r'(?:href|src)="([^"]+)"', page.text):
            assert (await visitor.get(path)).status_code == 200
            assert f'"{path}"' in worker.text
