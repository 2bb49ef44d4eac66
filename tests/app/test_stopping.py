"""A server that is told to stop still answers what had come in."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from app.conversations.schemas import ChatRequest
from app.defaults.service import Defaults
from tests.app.serving import Served, chat


class Door:
    """Where a question is held that has come in and is not admitted yet."""

    def __init__(self) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    door, begin = Door(), Defaults.begin

    async def held(self: Defaults, request: ChatRequest) -> ChatRequest:
        door.reached.set()
        await door.opened.wait()
        return await begin(self, request)

    monkeypatch.setattr(Defaults, "begin", held)
    return door


async def refuses_connections(served: Served) -> None:
    while True:
        async with httpx.AsyncClient(base_url=served.url) as another:
            with suppress(httpx.TransportError):
                await another.get("/healthz")
                continue
        return


async def test_a_question_that_had_come_in_is_answered(served: Served, client: httpx.AsyncClient, door: Door) -> None:
    asked = asyncio.create_task(chat(client, "one two"))
    async with asyncio.timeout(10):
        await door.reached.wait()
        served.server.should_exit = True
        await refuses_connections(served)
        assert served.services.generations.stopping
        door.opened.set()
        assert (await asked)[-1]["event"] == "done"
        await served.stopped


async def test_one_that_holds_up_the_end_is_told_to_ask_again(
    served: Served, client: httpx.AsyncClient, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.serve.DRAIN_SECONDS", 0.1)
    asked = asyncio.create_task(client.post("/api/chat", json={"content": "one two"}))
    async with asyncio.timeout(10):
        await door.reached.wait()
        served.server.should_exit = True
        while not served.services.generations._closed:
            await asyncio.sleep(0.01)
        door.opened.set()
        answer = await asked
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "shutting_down")
        assert answer.headers["Retry-After"]
        await served.stopped
