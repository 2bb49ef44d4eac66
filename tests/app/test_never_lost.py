"""Whatever happens to connections and engines, in any order: one text, no gap, no repeat, one end."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.conversations.models import Message
from engine import backoff
from tests.app.serving import Served, read_events

# Read so many events, then: leave; come back; come back asking for some of them again; lose the engine; stop.
ACTIONS = st.lists(
    st.tuples(st.integers(1, 7), st.sampled_from(["leave", "again", "second", "engine", "stop"])), max_size=5
)
WORDS = 25


async def read(client: httpx.AsyncClient, generation_id: str, after: int, count: int) -> list[dict[str, Any]]:
    """Up to `count` events behind `after`, then hang up."""
    events: list[dict[str, Any]] = []
    headers = {"Last-Event-ID": str(after)}
    async with client.stream("GET", f"/api/generations/{generation_id}/events", headers=headers) as response:
        assert response.status_code == 200
        async for event in read_events(response):
            events.append(event)
            if len(events) == count:
                break
    return events


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(actions=ACTIONS)
async def test_the_deltas_are_the_stored_text(
    served: Served, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, actions: list[tuple[int, str]]
) -> None:
    monkeypatch.setattr(backoff, "LOSSES_AT_ONCE", 1000)
    served.engine.delay = 0.002
    await served.services.engine.wait_ready()
    body = {"content": "안녕", "params": {"max_tokens": WORDS, "ignore_eos": True}}
    seen: dict[int, dict[str, Any]] = {}
    async with client.stream("POST", "/api/chat", json=body) as response:
        first = await anext(read_events(response))
    generation_id = first["data"]["generation_id"]
    losses, stopped = 0, False

    def note(events: list[dict[str, Any]], after: int) -> None:
        assert [event["id"] for event in events] == list(range(after + 1, after + 1 + len(events)))
        for event in events:
            assert seen.setdefault(event["id"], event) == event, "a seen event was contradicted"

    note([first], 0)
    for count, action in actions:
        position = max(seen)
        if action == "again":
            position = max(0, position - count)
        elif action == "second":
            position = 0
        elif action == "engine" and losses < 2:
            losses += 1
            served.engine.dead = True
        elif action == "stop":
            stopped = True
            assert (await client.delete(f"/api/generations/{generation_id}")).status_code == 204
        note(await read(client, generation_id, position, count), position)
    note(await read(client, generation_id, max(seen), 10_000), max(seen))

    events = [seen[number] for number in range(1, len(seen) + 1)]
    assert [event["event"] for event in events].count("done") == 1
    assert events[-1]["event"] == "done"
    text = "".join(event["data"]["text"] for event in events if event["event"] == "delta")
    async with served.services.db.transaction() as db:
        row = await db.get(Message, UUID(first["data"]["message_id"]))
    assert row is not None
    assert row.content == text
    tokens = events[-1]["data"]["usage"]["completion_tokens"]
    assert tokens == len(text.split(" ")) - text.endswith(" ") if text else tokens == 0
    assert tokens == WORDS or stopped
    while served.engine.dead:
        await asyncio.sleep(0.01)
    await asyncio.wait_for(served.services.engine.wait_ready(), 5)
    assert served.engine.running == set()
