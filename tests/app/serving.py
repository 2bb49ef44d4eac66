"""The whole application in the test's own event loop, on a real port, with a scripted engine."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from app.config import Settings
from app.main import create_app
from app.serve import Server, configured
from app.services import Services
from tests.rig.migrated import migrated
from tests.scripted_engine import ScriptedEngine

PASSWORD = "correct horse battery"


@dataclass
class Served:
    """A running service."""

    url: str
    app: FastAPI
    services: Services
    engine: ScriptedEngine
    server: uvicorn.Server
    stopped: asyncio.Task[None]

    @asynccontextmanager
    async def client(self, email: str = "kim@example.com") -> AsyncIterator[httpx.AsyncClient]:
        """A signed-in API client; the account is made when it does not exist."""
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as client:
            await client.post("/api/auth/register", json={"email": email, "password": PASSWORD})
            answer = await client.post("/api/auth/jwt/login", data={"username": email, "password": PASSWORD})
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client

    async def stop(self) -> None:
        """As SIGTERM does."""
        self.server.should_exit = True
        await self.stopped


@asynccontextmanager
async def serving(settings: Settings, engine: ScriptedEngine | None = None) -> AsyncIterator[Served]:
    """Migrate, serve, stop."""
    engine = engine or ScriptedEngine()
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(await migrated(settings), engine)
    server = Server(configured(settings, app), app)
    started = asyncio.Event()
    server.on_started = started.set
    task = asyncio.create_task(server.serve(sockets=[listener]))
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        waiting.cancel()
        await task
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    served = Served(url, app, app.state.services, engine, server, task)
    try:
        yield served
    finally:
        await served.stop()


def parse(block: str) -> dict[str, Any]:
    """One SSE block as {id, event, data}."""
    fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
    return {"id": int(fields["id"]), "event": fields["event"], "data": json.loads(fields["data"])}


async def read_events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The events of a streaming response as they come; pings are skipped."""
    buffer = ""
    async for chunk in response.aiter_text():
        buffer += chunk
        while "\n\n" in buffer:
            block, buffer = buffer.split("\n\n", 1)
            if not block.startswith(":"):
                yield parse(block)


async def chat(client: httpx.AsyncClient, content: str = "안녕", **body: Any) -> list[dict[str, Any]]:
    """Send a message and return all its events."""
    async with client.stream("POST", "/api/chat", json={"content": content, **body}) as response:
        assert response.status_code == 200, (await response.aread()).decode()
        return [event async for event in read_events(response)]


def text_of(events: list[dict[str, Any]]) -> str:
    """The concatenated deltas."""
    return "".join(event["data"]["text"] for event in events if event["event"] == "delta")


async def until_refused(client: httpx.AsyncClient, path: str = "/api/users/me") -> None:
    """What another process has ended is known here a second later at the most; slow machines get more."""
    async with asyncio.timeout(5):
        while (await client.get(path)).status_code != 401:
            await asyncio.sleep(0.05)
