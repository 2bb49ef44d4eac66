"""Calls of `/v1` with a scripted engine behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from tests.app.serving import Served
from tests.scripted_api import ScriptedApi

CHAT = "/v1/chat/completions"
ALL: dict[str, dict[str, Any]] = {
    CHAT: {"messages": [{"role": "user", "content": "안녕"}]},
    "/v1/completions": {"prompt": "안녕"},
    "/v1/responses": {"input": "안녕"},
    "/v1/messages": {"model": "scripted", "max_tokens": 9, "messages": [{"role": "user", "content": "안녕"}]},
}


def scripted_api(served: Served, words: str = "one two three") -> ScriptedApi:
    """Put one into the service."""
    served.engine.openai = api = ScriptedApi(words)
    return api


async def until(condition: Callable[[], object]) -> None:
    """Wait for what another task does."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def calling(
    client: httpx.AsyncClient, path: str = CHAT, **more: Any
) -> AsyncIterator[asyncio.Task[httpx.Response]]:
    """A call under way; it is hung up at the end when it has not been answered."""
    task = asyncio.create_task(client.post(path, json=ALL[path] | more))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def rows(served: Served, count: int) -> list[dict[str, Any]]:
    """The request log, oldest first, when it has so many rows."""
    async with served.client("first@example.com") as admin:
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(10):
            while len(found) < count:
                found = (await admin.get("/api/admin/requests")).json()["items"][::-1]
                await asyncio.sleep(0.01)
    return found
