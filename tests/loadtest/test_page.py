"""The socket client that does what a page does."""

from collections.abc import Callable
from itertools import pairwise

from app.config import Settings
from loadtest.page import signed_in
from tests.app.serving import PASSWORD, serving


async def test_a_page_tells_its_first_text_and_each_update(make_settings: Callable[..., Settings]) -> None:
    """From which TTFT and ITL are made."""
    async with serving(make_settings()) as served, served.client("lee@example.com"):
        served.engine.reply, served.engine.delay = "word " * 40, 0.05
        async with signed_in(served.url, "lee@example.com", PASSWORD) as browser, browser.tab() as tab:
            for question in ("First", "Second"):
                assert await tab.ask(question) >= served.engine.delay
                gaps = [after - before for before, after in pairwise(tab.updates)]
                assert len(gaps) >= 2
                assert all(gap >= 0 for gap in gaps)
            path = await browser.newest()
            assert await browser.until(path, "receipt-line") > 0


async def test_a_short_answer_comes_with_its_end(make_settings: Callable[..., Settings]) -> None:
    async with serving(make_settings()) as served, served.client("lee@example.com"):
        served.engine.reply = "short"
        async with signed_in(served.url, "lee@example.com", PASSWORD) as browser, browser.tab() as tab:
            for question in ("First", "Second", "Third"):
                await tab.ask(question)
        assert len(served.engine.prompts) == 3
