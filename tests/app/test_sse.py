"""A log as a response: what goes out, and when it ends."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message

from app.generations.events import EventLog
from app.generations.sse import EventStream


class Client:
    """Keeps what it is sent; hangs up when told to."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.came, self.gone = asyncio.Event(), asyncio.Event()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message.get("body"):
            self.came.set()

    @property
    def bodies(self) -> list[tuple[bytes, bool]]:
        return [(message["body"], message["more_body"]) for message in self.sent[1:]]


async def follow(log: EventLog, client: Client, after: int = 0) -> None:
    scope: dict[str, Any] = {"type": "http"}
    await EventStream(log, after)(scope, client.receive, client.send)


async def test_the_last_event_ends_the_response() -> None:
    log, client = EventLog(), Client()
    log.append("delta", {"text": "hello"})
    following = asyncio.create_task(follow(log, client))
    await client.came.wait()
    log.append("done", {})
    await following
    assert client.bodies == [
        (b'id: 1\nevent: delta\ndata: {"text":"hello"}\n\n', True),
        (b"id: 2\nevent: done\ndata: {}\n\n", False),
    ]
    head = dict(client.sent[0]["headers"])
    assert head[b"content-type"].startswith(b"text/event-stream")
    assert b"content-length" not in head
    assert log._followers == 0


@pytest.mark.parametrize(("after", "rest"), [(1, b"id: 2\nevent: done\ndata: {}\n\n"), (2, b"")])
async def test_who_comes_later_gets_the_rest(after: int, rest: bytes) -> None:
    log, client = EventLog(), Client()
    log.append("delta", {"text": "hello"})
    log.append("done", {})
    await follow(log, client, after)
    assert client.bodies == [(rest, False)]


async def test_a_log_that_stops_without_an_end_ends_the_response() -> None:
    log, client = EventLog(), Client()
    log.append("delta", {"text": "hello"})
    following = asyncio.create_task(follow(log, client))
    await client.came.wait()
    log.close()
    await following
    assert client.bodies[-1] == (b"", False)


async def test_who_hangs_up_follows_no_more() -> None:
    log, client = EventLog(), Client()
    log.append("delta", {"text": "hello"})
    following = asyncio.create_task(follow(log, client))
    await client.came.wait()
    assert log._followers == 1
    client.gone.set()
    await following
    assert (log._followers, log.closed) == (0, False)
