"""How many people may watch their answers at once: pages that ask and show, as sockets that do what a page does, beside
one page in a real browser."""

import asyncio
import contextlib
import random
from dataclasses import dataclass

from playwright.async_api import Page, async_playwright

from loadtest.bench.row import Figures, Line, Row
from loadtest.bench.scripted import markdown, scripted
from loadtest.figures import buckets, percentile, quantile
from loadtest.local_server import LocalServer
from loadtest.page import Tab, signed_in
from loadtest.user import User, signed_up
from tests.rig.chromium import LAUNCH_ARGS, find_chromium


@dataclass(frozen=True)
class Size:
    """Every page asks again as soon as its answer has ended, for so many seconds; an answer has `characters`. They
    begin within the first `spread` seconds, about as long as an answer takes: people do not wait for each other."""

    pages: int = 100
    seconds: float = 45
    spread: float = 15
    characters: int = 1_500
    per_second: float = 20


async def reader(tab: Tab, begin: float, until: float) -> list[float]:
    """Seconds to the first text of each answer."""
    loop = asyncio.get_running_loop()
    firsts: list[float] = []
    await asyncio.sleep(begin)
    while loop.time() < until:
        firsts.append(await tab.ask(f"Question {len(firsts)}"))
    return firsts


async def browser_page(page: Page, url: str, user: User) -> None:
    """Signed in, and ready to ask."""
    await page.goto(f"{url}/login")
    await page.locator("input[name=email]").fill(user.email)
    await page.locator("input[name=password]").fill(user.password)
    await page.locator("input[name=password]").press("Enter")
    await page.locator("textarea[name=message]").wait_for()


async def watched(page: Page, until: float) -> list[float]:
    """The same in the browser; its very first question compiles the page's scripts, and does not count."""
    loop = asyncio.get_running_loop()
    firsts: list[float] = []
    message = page.locator("textarea[name=message]")
    while len(firsts) < 2 or loop.time() < until:
        await message.fill("Question")
        began = loop.time()
        await message.press("Enter")
        answer = page.locator(".answer").nth(len(firsts))
        await answer.locator(".md-block").first.wait_for()
        firsts.append(loop.time() - began)
        await answer.locator(".receipt-line").wait_for()
    return firsts[1:]


async def measure(server: LocalServer, size: Size) -> Figures:
    """All pages open first, then all of them ask."""
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        chromium = await playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
        stack.push_async_callback(chromium.close)
        page = await chromium.new_page(locale="en-US")
        page.set_default_timeout(60_000)
        tabs: list[Tab] = []
        for number in range(size.pages):
            user = await stack.enter_async_context(signed_up(server.url))
            if not number:
                await browser_page(page, server.url, user)
            browser = await stack.enter_async_context(signed_in(server.url, user.email, user.password))
            tabs.append(await stack.enter_async_context(browser.tab()))
        http = (await stack.enter_async_context(signed_up(server.url))).http
        before, until = await buckets(http), loop.time() + size.seconds
        readers = asyncio.gather(*(reader(tab, random.uniform(0, size.spread), until) for tab in tabs))
        seen = await watched(page, until)
        firsts = [first for found in await readers for first in found]
        late = quantile(before, await buckets(http), 0.99)
    return {
        "ttft": 1000 * percentile(firsts, 0.95),
        "browser": 1000 * percentile(seen, 0.95),
        "lag": 1000 * late,
        "answers": len(firsts) + len(seen),
    }


async def run(passes: int) -> list[Figures]:
    """A new server and new accounts each time, with 10 pages and with 100."""
    figures: list[Figures] = []
    for _ in range(passes):
        found: dict[str, float] = {}
        for pages in (10, 100):
            size = Size(pages=pages)
            with scripted(markdown(size.characters), size.per_second, 0) as server:
                found |= {f"{name}_{pages}": value for name, value in (await measure(server, size)).items()}
        figures.append(found)
    return figures


def _lines() -> list[Line]:
    return [
        line
        for pages in (10, 100)
        for line in (
            Line(f"ttft_{pages}", f"{pages} pages: first text on the socket, p95", "ms", at_most=2000),
            Line(f"browser_{pages}", f"{pages} pages: first text in the browser beside them, p95", "ms", at_most=2000),
            Line(
                f"lag_{pages}",
                f"{pages} pages: the event loop is late by at most, p99 (a bound of its histogram)",
                "ms",
                1,
                at_most=50,
            ),
            Line(f"answers_{pages}", f"{pages} pages: answers", "answers"),
        )
    ]


ROW = Row("pages", _lines(), run)
