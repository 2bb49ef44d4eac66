"""An open stream holds nothing that others need."""

import asyncio
from contextlib import AsyncExitStack

import httpx

from app.db import Database
from tests.app.serving import Served, chat, read_events


async def test_open_streams_hold_no_connection_to_the_database(served: Served, client: httpx.AsyncClient) -> None:
    await chat(client)
    served.engine.gate.clear()
    database: Database = served.services.db
    async with AsyncExitStack() as stack:
        for _ in range(30):
            response = await stack.enter_async_context(client.stream("POST", "/api/chat", json={"content": "안녕"}))
            await anext(read_events(response))
        async with asyncio.timeout(10):
            while database.engine.pool.checkedout():  # type: ignore[attr-defined]  # both pools have it
                await asyncio.sleep(0.01)
        assert (await client.get("/api/users/me")).status_code == 200
        served.engine.gate.set()
