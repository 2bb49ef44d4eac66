"""A service with three models: the scripted engine and two remote ones, each the fallback of another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from app.config import Settings
from tests.app.serving import Served, serving
from tests.scripted_remote import KEY, ScriptedRemote, scripted_remote


@dataclass
class World:
    """A service with the scripted engine, `near`, whose fallback is `far`, whose fallback is the scripted engine."""

    served: Served
    client: httpx.AsyncClient
    near: ScriptedRemote
    far: ScriptedRemote

    async def ready(self, *names: str) -> None:
        """Wait until these models can answer."""
        for name in names:
            await asyncio.wait_for(self.served.services.backends.by_name(name).supervisor.wait_ready(), 10)


@asynccontextmanager
async def several_models(make_settings: Callable[..., Settings]) -> AsyncIterator[World]:
    """The two remote servers and the service."""
    async with AsyncExitStack() as stack:
        near, far = [await stack.enter_async_context(scripted_remote()) for _ in range(2)]
        near.models, near.reply, far.models = [{"id": "near", "max_model_len": 2048}], "nah", [{"id": "Org/Far-7B"}]
        models = [
            {"name": "near", "base_url": near.url, "api_key": KEY, "fallback": "far"},
            {"name": "far", "base_url": far.url, "api_key": KEY, "fallback": "default"},
        ]
        served = await stack.enter_async_context(serving(make_settings(models=models)))
        await served.services.engine.wait_ready()
        client = await stack.enter_async_context(served.client())
        yield World(served, client, near, far)


async def answer_of(client: httpx.AsyncClient, events: list[dict[str, Any]]) -> dict[str, Any]:
    """The stored answer."""
    conversation_id = events[0]["data"]["conversation_id"]
    items = (await client.get(f"/api/conversations/{conversation_id}/messages")).json()["items"]
    message: dict[str, Any] = next(one for one in items if one["id"] == events[0]["data"]["message_id"])
    return message
