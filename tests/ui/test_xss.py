"""Nothing that anybody or any model writes runs, loads, submits, covers or restyles, wherever it is shown."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import Served
from tests.ui.xss_audit import AUDIT, INTERFACE, Watch
from tests.ui.xss_corpus import FAMILIES, HANDLERS, OPEN_ENDED, PAYLOADS, SVG_AND_MATHML, TEMPLATES
from ui.markdown import render
from ui.markdown_rules import CodeLabels

pytestmark = pytest.mark.browser

LEE = "lee@example.com"
PUT = """(texts) => { document.body.replaceChildren(...texts.map((html) => {
    const root = document.createElement('div'); root.className = 'prose'; root.innerHTML = html; return root; })); }"""
SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
SHORT = [payload for payload in PAYLOADS if len(payload) <= 90 and payload.strip() == payload]
TITLES = SHORT[::5]
KEY_NAMES = SHORT[1::8]


async def test_each_text_alone_and_cut_off_anywhere_without_a_policy(browser: Browser) -> None:
    """The sanitiser by itself: on a page that would let everything run, and for a reply that stops midway."""
    page = await browser.new_page()
    watch = Watch("about:blank")
    await watch.begin(page.context)
    await page.goto("about:blank")
    texts = {render(text[:end], CodeLabels("Copy")) for text in PAYLOADS for end in range(1, len(text) + 1)}
    await page.evaluate(PUT, sorted(texts))
    await page.evaluate(SETTLED)
    assert await page.evaluate(AUDIT, [".prose", True]) == []
    assert await watch.traces(page) == {}


async def test_these_texts_would_do_harm(browser: Browser) -> None:
    """The same page, watch and audit, without our rendering."""
    page = await browser.new_page()
    watch = Watch("about:blank")
    await watch.begin(page.context)
    await page.route("**/*", lambda route: route.abort())
    await page.evaluate(PUT, [HANDLERS[0], HANDLERS[10], *FAMILIES["images"], *FAMILIES["styles"]])
    await page.wait_for_function("window.__xss")
    found = await watch.traces(page)
    assert found["ran"] == 1
    assert found["dialogs"]
    assert any(url.startswith("https://evil.example/leak") for url in found["elsewhere"])
    faults = await page.evaluate(AUDIT, [".prose", True])
    assert {fault.partition(":")[0] for fault in faults} >= {"element", "attribute style", "attribute id", "position"}


@pytest.mark.parametrize("family", [*FAMILIES, "open-ended"])
async def test_nothing_that_is_written_runs(person: Callable[..., Any], served: Served, family: str) -> None:
    lee = await person()
    watch = Watch(lee.url)
    await watch.begin(lee.page.context)
    await lee.page.goto(lee.url)
    if family == "open-ended":
        replies, question = [f"{text}\n" for text in OPEN_ENDED], "\n".join(OPEN_ENDED)
    else:
        replies, question = ["\n\n".join(FAMILIES[family]) + "\n\nEND"], "\n\n".join(FAMILIES[family])
    for reply in replies:
        served.engine.reply = reply
        await lee.ask(replies[0][:200] if reply is not replies[-1] else question)
    await expect(lee.answers).to_have_count(len(replies))
    for stored in (False, True):
        if stored:
            await lee.page.reload()
            await expect(lee.answers).to_have_count(len(replies))
            await expect(lee.answers.last.locator(".prose")).not_to_be_empty()
        for head in await lee.page.locator(".fold-head").all():
            await head.click()
        for code in await lee.page.locator(".prose a").all():
            await code.hover()
        assert await lee.page.locator(".log .prose *").count() > 0
        assert await lee.page.evaluate(AUDIT, [".log .prose", stored]) == []
        bubbles = [".bubble", ["details", "summary", "div"], ["id", "class", "open"]]
        assert await lee.page.evaluate(INTERFACE, bubbles) == []
        assert await watch.traces(lee.page) == {}
    await lee.questions.last.hover()
    await lee.questions.last.get_by_role("button", name="Edit").click()
    await expect(lee.page.get_by_role("textbox", name="Edit message")).to_have_value(question)
    assert await watch.traces(lee.page) == {}
    assert lee.faults == []


async def test_titles_and_names_of_keys(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    watch = Watch(lee.url)
    await watch.begin(lee.page.context)
    async with served.client(LEE) as api:
        for title in TITLES:
            made = await api.post("/api/conversations", json={"title": "plain"})
            renamed = await api.patch(f"/api/conversations/{made.json()['id']}", json={"title": title})
            assert renamed.json()["title"] == title
        for name in KEY_NAMES:
            assert (await api.post("/api/keys", json={"name": name})).status_code == 201
    await lee.page.goto(lee.url)
    await expect(lee.conversations).to_have_text(TITLES[::-1], use_inner_text=False)
    sidebar = ["nav .conversation-link", ["a", "span"], ["id", "class", "href", "title", "aria-current"]]
    for number in range(len(TITLES)):
        await lee.conversations.nth(number).click()
        await expect(lee.conversations.nth(number)).to_have_attribute("aria-current", "page")
        await expect(lee.page.get_by_role("heading", level=1)).to_have_text(TITLES[-1 - number])
        assert await lee.page.locator("h1 *").count() == 0
    assert await lee.page.evaluate(INTERFACE, sidebar) == []
    await lee.page.get_by_role("searchbox").fill(HANDLERS[0])
    await expect(lee.conversations).to_have_count(TITLES.count(HANDLERS[0]))
    await lee.button("Options").click()
    await lee.button("Rename").click()
    await expect(lee.page.get_by_role("textbox", name="Title")).to_have_value(TITLES[0])
    await lee.page.goto(f"{lee.url}/settings")
    keys = lee.page.get_by_role("list", name="API keys")
    await expect(keys.locator(".key-name strong")).to_have_text(KEY_NAMES[::-1])
    assert (
        await lee.page.evaluate(
            INTERFACE, ["[aria-label='API keys'] .key-name", ["p", "strong", "span"], ["id", "class"]]
        )
        == []
    )
    await keys.get_by_role("button").first.click()
    await expect(lee.page.get_by_role("dialog")).to_contain_text(" ".join(KEY_NAMES[-1].split()))
    assert await watch.traces(lee.page) == {}
    assert lee.faults == []


def reflected(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Requests that carry a text where an error or a form may give it back."""
    path, email = quote(text, safe=""), f'"{text}"@example.com'
    paths = [f"/{path}", f"/c/{path}", f"/invite/{path}", f"/static/{path}", f"/api/{path}"]
    paths += [f"/api/conversations/{path}", f"/api/generations/{path}/events", f"/api/conversations?cursor={path}"]
    for page in ("login", "register", "reset", "verify", "forgot"):
        paths.append(f"/{page}?" + urlencode(dict.fromkeys(("next", "token", "done", "lang", "email", "error"), text)))
    return [
        *(("GET", path, {}) for path in paths),
        ("POST", "/api/chat", {"json": {"content": "x", "model": text}}),
        ("POST", "/api/chat", {"json": {"content": "x", text: text}}),
        ("POST", "/api/chat", {"json": {"content": "x", "conversation_id": text}}),
        ("POST", "/api/chat", {"content": text.encode(), "headers": {"content-type": "application/json"}}),
        ("POST", "/api/auth/register", {"json": {"email": email, "password": "x"}}),
        ("POST", "/register", {"data": {"email": email, "password": "x", "next": text}}),
        ("POST", "/login", {"data": {"email": email, "password": "x", "next": text}}),
        ("POST", "/login", {"data": {"ticket": text, "code": text, "next": text}}),
        ("POST", "/reset", {"data": {"token": text, "password": text}}),
        ("POST", "/verify", {"data": {"token": text}}),
    ]


@pytest.mark.parametrize("text", ['"><script>alert(1)</script>', "'\"><img src=x onerror=alert(1)>"])
async def test_errors_and_forms_give_nothing_back_unescaped(browser: Browser, served: Served, text: str) -> None:
    context = await browser.new_context()
    watch = Watch(served.url)
    await watch.begin(context)
    page = await context.new_page()
    shown = 0
    async with served.client(LEE) as api, httpx.AsyncClient(base_url=served.url) as nobody:
        for who in (api, nobody):
            for method, path, body in reflected(text):
                answer = await who.request(method, path, **body)
                kind = answer.headers.get("content-type", "application/json")
                assert answer.headers["x-content-type-options"] == "nosniff", (method, path)
                if kind.startswith("text/html"):
                    assert text not in answer.text, (method, path)
                    shown += "&gt;" in answer.text or "&#62;" in answer.text
                else:
                    assert kind.startswith(("application/json", "text/plain")), (method, path, kind)
    assert shown > 0  # some forms do give the text back
    for method, path, _ in reflected(text):
        if method == "GET" and not path.startswith("/api/conversations"):
            await page.goto(served.url + path)
            assert await page.locator("script:has-text('alert'), [onerror]").count() == 0, path
            assert await watch.traces(page) == {}, path


async def test_no_text_of_anybody_stands_in_the_page_itself(person: Callable[..., Any], served: Served) -> None:
    """Every `<script` of an HTML page gets a nonce, so that none may come from a title, a message or a name."""
    lee = await person()
    pages = ["/", "/settings"]
    cookies = {cookie["name"]: cookie["value"] for cookie in await lee.page.context.cookies()}
    async with httpx.AsyncClient(base_url=served.url, cookies=cookies) as visitor:
        before = [(await visitor.get(path)).text.count(" nonce=") for path in pages]
        served.engine.reply = "\n\n".join(FAMILIES["plain"])
        await lee.ask(FAMILIES["plain"][0])
        conversation = "/c/" + lee.page.url.rpartition("/")[2]
        async with served.client(LEE) as api:
            await api.patch(f"/api{conversation.replace('/c/', '/conversations/')}", json={"title": TEMPLATES[1]})
            await api.post("/api/keys", json={"name": SVG_AND_MATHML[2]})
        for path, count in zip([*pages, conversation], [*before, before[0]], strict=True):
            html = (await visitor.get(path)).text
            assert "alert(1)" not in html
            assert html.count(" nonce=") == count
            assert html.count("<script") == count
