"""The reasoning of a model of our own engine: stored apart, gone on with, and never sent back."""

from typing import Any

import httpx

from tests.app.serving import Served, chat, read_events, text_of
from tests.app.test_resume import begin, check, follow

THOUGHTS = "first second third fourth fifth"


def reasoning_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["data"]["text"] for event in events if event["event"] == "reasoning")


async def last_message(client: httpx.AsyncClient, conversation_id: str) -> dict[str, Any]:
    items = (await client.get(f"/api/conversations/{conversation_id}/messages")).json()["items"]
    last: dict[str, Any] = items[-1]
    return last


async def test_an_answer_that_ends_inside_its_thoughts_goes_on(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.thoughts = THOUGHTS
    events = await chat(client, params={"max_tokens": 3})
    start = events[0]["data"]
    assert (reasoning_of(events), text_of(events)) == ("first second third", "")
    stored = await last_message(client, start["conversation_id"])
    assert (stored["reasoning"], stored["content"]) == ("first second third", "")
    # The last word that the length allows has no blank behind it.
    thoughts = "first second thirdfourth fifth "
    for expected in ("하나", "하나둘 셋 넷"):
        async with client.stream("POST", f"/api/messages/{start['message_id']}/continue") as response:
            more = [event async for event in read_events(response)]
        assert (reasoning_of(more), text_of(more)) == (thoughts, expected)
        stored = await last_message(client, start["conversation_id"])
        assert (stored["reasoning"], stored["content"]) == (thoughts, expected)
    written = served.engine.written[-1]
    assert written is not None
    assert (written.reasoning, written.text) == (thoughts, "하나")
    await chat(client, "그래서?", conversation_id=start["conversation_id"])
    assert not any("first" in message.content for message in served.engine.prompts[-1].messages)


async def test_thoughts_survive_a_lost_engine(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.thoughts, served.engine.delay = THOUGHTS, 0.005
    seen = await begin(client, served.engine, 5)
    assert seen[-1]["event"] == "reasoning"
    served.engine.dead = True
    served.engine.gate.set()
    events = await follow(client, seen[0]["data"]["generation_id"])
    check(events)
    assert "resuming" in {event["event"] for event in events}
    assert reasoning_of(events) == f"{THOUGHTS} "
    assert text_of(events).startswith("하나 둘")
