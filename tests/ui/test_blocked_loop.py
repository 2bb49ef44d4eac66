"""Something holds the event loop for two seconds: streams and sockets live on, and the metric tells."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from nicegui import Client
from playwright.async_api import expect

from tests.app.serving import Served, text_of
from tests.app.storage_world import asked, until

pytestmark = pytest.mark.browser

BLOCKED_SECONDS = 2.0
LAG = re.compile(r"^chat_event_loop_lag_seconds_sum (\S+)$", re.MULTILINE)


async def lag(client: httpx.AsyncClient) -> float:
    """All lateness so far, in seconds."""
    found = LAG.search((await client.get("/metrics")).text)
    assert found is not None
    return float(found[1])


def connected() -> set[str]:
    """Pages with a socket; those of other tests wait without one until they are forgotten."""
    return {page_id for page_id, client in Client.instances.items() if client.has_socket_connection}


async def test_streams_pause_and_go_on_and_no_socket_is_lost(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.delay = 0.05
    served.engine.reply = " ".join(f"word{number}" for number in range(60))
    async with served.client() as client:
        before = await lag(client)
        await lee.send("Count")
        steps: list[int] = []
        stream = asked(client, lambda event: steps.append(event["id"]))
        await expect(lee.answers).to_contain_text("word5")
        await until(lambda: len(steps) > 5)
        page_ids = connected()
        assert page_ids
        asyncio.get_running_loop().call_soon(time.sleep, BLOCKED_SECONDS)
        await asyncio.sleep(0.1)
        assert "word59" not in await lee.answers.inner_text()
        await expect(lee.answers.locator(".prose")).to_have_text(served.engine.reply, timeout=20_000)
        assert text_of(await stream) == served.engine.reply
        # The metric looks twice a second.
        assert await lag(client) - before > BLOCKED_SECONDS - 0.6
    # The same page over the same socket: it was neither built anew nor told that it had lost the server.
    assert connected() == page_ids
    await expect(lee.page.locator(".offline")).to_be_hidden()
    assert lee.faults == []
    await lee.ask("Still there?")
