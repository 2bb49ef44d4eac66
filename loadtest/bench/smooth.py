"""Whether a browser keeps up: tasks of its main thread over 50 ms while an answer comes at 100 tokens a second, at the
end of a conversation of 500 messages."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, async_playwright

from loadtest.bench.row import Figures, Line, Row
from loadtest.bench.scripted import markdown, scripted
from loadtest.local_server import LocalServer, ServerError
from loadtest.user import User, signed_up
from tests.rig.chromium import LAUNCH_ARGS, find_chromium

OBSERVE = """() => {
    window.tasks = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((entry) => entry.duration)))
        .observe({ type: "longtask" });
}"""
ANSWERED = "(count) => document.querySelectorAll('.answer:not([aria-busy]) .receipt-line').length > count"
EARLIER = """(count) => document.querySelectorAll("article").length >= count
    || !document.querySelector("button.earlier")"""
WINDOW = 40  # so many more with each press
TIMEOUT_MS = 180_000


@dataclass(frozen=True)
class Size:
    """The answer has so many characters; the messages before it are `message` long each."""

    messages: int = 500
    message: int = 600
    characters: int = 8_000
    per_second: float = 100


async def imported(user: User, size: Size) -> str:
    """The id of a conversation of that many messages."""
    ids = [str(uuid4()) for _ in range(size.messages)]
    messages: list[dict[str, Any]] = [
        {
            "id": ids[number],
            "parent_id": ids[number - 1] if number else None,
            "role": "assistant" if number % 2 else "user",
            "content": markdown(size.message) if number % 2 else f"Question {number}",
            "receipt": {"finish_reason": "stop"} if number % 2 else None,
        }
        for number in range(size.messages)
    ]
    document = {"conversations": [{"title": "Long", "messages": messages}]}
    answer = await user.http.post("/api/conversations/import", json=document)
    answer.raise_for_status()
    if not answer.json()["ids"]:
        raise ServerError(f"the conversation was not taken: {answer.text}")
    conversation: str = answer.json()["ids"][0]
    return conversation


async def watched(page: Page, url: str, *, whole: bool) -> list[float]:
    """Milliseconds of every long task while one answer comes; with the `whole` conversation drawn, or as it opens."""
    await page.goto(url)
    await page.locator(".answer .receipt-line").first.wait_for()
    earlier = page.locator("button.earlier")
    while whole and await earlier.count():
        before = await page.locator("article").count()
        await earlier.click()
        await page.wait_for_function(EARLIER, arg=before + WINDOW)
    answers = await page.locator(".answer:not([aria-busy]) .receipt-line").count()
    await page.locator("textarea[name=message]").fill("Write")
    await page.evaluate(OBSERVE)
    await page.locator("textarea[name=message]").press("Enter")
    await page.wait_for_function(ANSWERED, arg=answers)
    tasks: list[float] = await page.evaluate("window.tasks")
    return tasks


async def measure(server: LocalServer, size: Size) -> Figures:
    """Two answers in one conversation."""
    async with signed_up(server.url) as user, async_playwright() as playwright:
        conversation = await imported(user, size)
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-US")
        page.set_default_timeout(TIMEOUT_MS)
        await page.goto(f"{server.url}/login")
        await page.locator("input[name=email]").fill(user.email)
        await page.locator("input[name=password]").fill(user.password)
        await page.locator("input[name=password]").press("Enter")
        await page.locator("textarea[name=message]").wait_for()
        url = f"{server.url}/c/{conversation}"
        opened, drawn = [await watched(page, url, whole=whole) for whole in (False, True)]
        await browser.close()
    return {
        "opened": max(opened, default=0),
        "opened_count": len(opened),
        "drawn": max(drawn, default=0),
        "drawn_count": len(drawn),
    }


async def run(passes: int) -> list[Figures]:
    """All on one server, each pass a new account and browser."""
    size = Size()
    with scripted(markdown(size.characters), size.per_second, 0) as server:
        return [await measure(server, size) for _ in range(passes)]


ROW = Row(
    "smooth",
    (
        Line(
            "opened",
            "longest task over 50 ms (0: none), the newest 40 messages drawn",
            "ms",
            at_most=50,
        ),
        Line("opened_count", "such tasks", "tasks"),
        Line("drawn", "longest task over 50 ms, all messages drawn", "ms", at_most=50),
        Line("drawn_count", "such tasks", "tasks"),
    ),
    run,
)
