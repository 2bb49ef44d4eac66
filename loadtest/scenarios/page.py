"""`page`: people with browsers. Real pages over the real socket (loadtest/page.py), without drawing them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise

import aiohttp
import httpx
from locust import task

from loadtest.answer import Answer
from loadtest.beside_gevent import run
from loadtest.page import END, Browser, Tab, signed_in
from loadtest.scenarios.person import Person

TURNS = 3
FAULTS = (RuntimeError, aiohttp.ClientError, httpx.HTTPError)


class PageUser(Person):
    """Times are those of the page: TTFT from sending to the first text in it, ITL between two updates of it."""

    scenario = "page"
    weight = 4

    def on_start(self) -> None:
        """Sign in with the form as well; all tabs share the cookie."""
        self.opened = contextlib.AsyncExitStack()
        super().on_start()
        self.browser: Browser = run(self.opened.enter_async_context(signed_in(self.host, self.email, self.password)))

    def on_stop(self) -> None:
        """Close the browser."""
        run(self.opened.aclose())

    @task(3)  # type: ignore[untyped-decorator]
    def talk(self) -> None:
        """Open the page, ask a few questions in it, close the tab."""
        run(self._talk())

    @task(1)  # type: ignore[untyped-decorator]
    def leave_and_come_back(self) -> None:
        """Close the tab while the answer is written, and see its end in another one."""
        run(self._leave_and_come_back())

    async def _talk(self) -> None:
        async with self._tab() as tab:
            for _ in range(TURNS):
                if tab is None:
                    return
                with self._reported() as answer:
                    answer.ttft_ms = 1000 * await tab.ask(self.question())
                    answer.gaps_ms = [1000 * (after - before) for before, after in pairwise(tab.updates)]
                await asyncio.sleep(self.wait_time())

    async def _leave_and_come_back(self) -> None:
        async with self._tab() as tab:
            if tab is None:
                return
            with self._reported() as answer:
                answer.ttft_ms = 1000 * await tab.begin(self.question())
                await tab.close()
                await asyncio.sleep(self.wait_time())
                await self.browser.until(await self.browser.newest(), END)

    @contextlib.asynccontextmanager
    async def _tab(self) -> AsyncIterator[Tab | None]:
        """A page, and its loading as an event; None when it could not be loaded."""
        began, fault, tab = time.perf_counter(), None, None
        async with contextlib.AsyncExitStack() as stack:
            try:
                tab = await stack.enter_async_context(self.browser.tab())
            except FAULTS as error:
                fault = repr(error)[:200]
            self.fire("open", (time.perf_counter() - began) * 1000, fault=fault)
            yield tab

    @contextlib.contextmanager
    def _reported(self) -> Iterator[Answer]:
        """It has come when the block does not fail."""
        answer = Answer(time.perf_counter())
        try:
            yield answer
            answer.fault = None
        except FAULTS as error:
            answer.fault = repr(error)[:200]
        answer.ended()
        self.report(answer)
