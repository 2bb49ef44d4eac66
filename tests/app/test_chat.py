"""A message from the API to the stored answer."""

import socket

import httpx

from tests.app.serving import Served, chat, read_events, text_of
from tests.scripted_engine import REPLY


async def test_an_answer_streams_and_is_stored(served: Served, client: httpx.AsyncClient) -> None:
    events = await chat(client, "이 서비스는 무엇인가요?")
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    kinds = [event["event"] for event in events]
    assert kinds[:3] == ["queued", "started", "prefilled"]
    assert set(kinds[3:-1]) == {"delta"}
    assert kinds[-1] == "done"
    queued, done = events[0]["data"], events[-1]["data"]
    assert queued["position"] == 0
    assert done["finish_reason"] == "stop"
    assert done["usage"]["completion_tokens"] == len(REPLY.split(" "))
    assert text_of(events) == REPLY

    listed = (await client.get("/api/conversations")).json()["items"]
    assert [(row["id"], row["title"]) for row in listed] == [(queued["conversation_id"], "이 서비스는 무엇인가요?")]
    question, answer = (await client.get(f"/api/conversations/{queued['conversation_id']}/messages")).json()["items"]
    assert (question["role"], question["content"], question["status"]) == ("user", "이 서비스는 무엇인가요?", "done")
    assert answer["id"] == queued["message_id"]
    assert answer["parent_id"] == question["id"]
    assert (answer["content"], answer["status"], answer["model"]) == (REPLY, "done", "scripted")
    assert answer["receipt"] == done


async def test_json_instead_of_events(client: httpx.AsyncClient) -> None:
    body = {"content": "안녕", "params": {"max_tokens": 2}}
    answer = await client.post("/api/chat", json=body, headers={"Accept": "application/json"})
    whole = answer.json()
    assert answer.status_code == 200
    assert whole["content"] == "하나 둘"
    assert whole["finish_reason"] == "length"
    assert whole["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "cached_tokens": 0}
    assert {"conversation_id", "message_id", "generation_id", "timing"} <= set(whole)


async def test_the_next_turn_holds_the_conversation(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client, "하나"))[0]["data"]
    await chat(client, "둘", conversation_id=first["conversation_id"])
    prompt = served.engine.prompts[-1].messages
    assert [(turn.role, turn.content) for turn in prompt] == [("user", "하나"), ("assistant", REPLY), ("user", "둘")]


async def test_a_parent_makes_a_branch(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client, "하나"))[0]["data"]
    await chat(client, "둘", conversation_id=first["conversation_id"])
    await chat(client, "셋", conversation_id=first["conversation_id"], parent_id=first["message_id"])
    assert [turn.content for turn in served.engine.prompts[-1].messages] == ["하나", REPLY, "셋"]


async def test_the_generation_outlives_its_viewer(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
        first = await anext(read_events(response))
    served.engine.gate.set()
    generation_id = first["data"]["generation_id"]
    async with client.stream("GET", f"/api/generations/{generation_id}/events") as response:
        events = [event async for event in read_events(response)]
    assert events[0] == first
    assert text_of(events) == REPLY
    async with client.stream(
        "GET", f"/api/generations/{generation_id}/events", headers={"Last-Event-ID": "5"}
    ) as response:
        assert [event async for event in read_events(response)] == events[5:]


async def test_stop_keeps_the_text_and_frees_the_engine(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.delay = 0.02
    body = {"content": "안녕", "params": {"max_tokens": 4000, "ignore_eos": True}}
    events = []
    async with client.stream("POST", "/api/chat", json=body) as response:
        async for event in read_events(response):
            events.append(event)
            if len(events) == 6:
                generation_id = events[0]["data"]["generation_id"]
                assert (await client.delete(f"/api/generations/{generation_id}")).status_code == 204
    assert events[-1]["data"]["finish_reason"] == "cancelled"
    assert not served.engine.running
    assert (await client.delete(f"/api/generations/{generation_id}")).status_code == 204
    listed = await client.get(f"/api/conversations/{events[0]['data']['conversation_id']}/messages")
    answer = listed.json()["items"][1]
    assert (answer["status"], answer["content"]) == ("cancelled", text_of(events))


async def test_a_message_sent_while_the_model_loads_waits(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.may_start.clear()
    served.engine.dead = True
    served.services.engine.suspect()
    async for status in served.services.engine.watch():
        if status.stage == "loading":
            break
    assert (await client.get("/readyz")).status_code == 503
    async with client.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
        stream = read_events(response)
        assert (await anext(stream))["event"] == "queued"
        served.engine.may_start.set()
        assert [event async for event in stream][-1]["event"] == "done"


async def test_an_answer_is_not_held_back_for_an_acknowledgement(served: Served, client: httpx.AsyncClient) -> None:
    """asyncio, unlike uvloop, leaves Nagle's algorithm on for a listening socket that was made beforehand."""
    await client.get("/healthz")
    connections = [one.transport.get_extra_info("socket") for one in served.server.server_state.connections]
    assert [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in connections] == [1]
