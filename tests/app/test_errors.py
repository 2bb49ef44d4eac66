"""Bad input: each gets the status and code of the contract, in words, and nothing is stored."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.config import Settings
from tests.app.serving import PASSWORD, Served, chat, read_events, serving
from tests.scripted_engine import ScriptedEngine


def error(response: httpx.Response) -> tuple[int, str]:
    body = response.json()["error"]
    assert set(body) == {"code", "message", "request_id"}
    assert body["message"]
    assert body["request_id"] == response.headers["X-Request-ID"]
    return response.status_code, body["code"]


CASES: list[tuple[Any, tuple[int, str]]] = [
    ({"content": ""}, (422, "invalid_request")),
    ({"content": " \n "}, (422, "invalid_request")),
    ({"content": "널 \u0000 문자"}, (422, "invalid_request")),
    ({"content": "안녕", "model": "no-such-model"}, (404, "model_not_found")),
    ({"content": "안녕", "conversation_id": str(uuid4())}, (404, "conversation_not_found")),
    ({"content": "안녕", "conversation_id": "x"}, (422, "invalid_request")),
    ({"content": "안녕", "params": {"temperature": 9}}, (422, "invalid_request")),
    ({"content": "안녕", "params": {"max_tokens": 0}}, (422, "invalid_request")),
    ({"content": "안녕", "surprise": 1}, (422, "invalid_request")),
    ({"content": ["list"]}, (422, "invalid_request")),
    ({}, (422, "invalid_request")),
    ([], (422, "invalid_request")),
    ({"content": "말 " * 9000}, (413, "context_length_exceeded")),
    ({"content": "x" * 300_000}, (413, "too_large")),
]


async def test_bad_messages(served: Served, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        for body, expected in CASES:
            assert error(await client.post("/api/chat", json=body)) == expected, body
    assert not caplog.records
    assert (await client.get("/api/conversations")).json()["items"] == []
    assert served.services.generations.admission.running == 0


async def test_broken_bodies(client: httpx.AsyncClient) -> None:
    for raw in (b"{", b"\xff\xfe", b'{"content": "\\ud800"}', b'{"content": "a", "content": }'):
        answer = await client.post("/api/chat", content=raw, headers={"Content-Type": "application/json"})
        assert error(answer) == (422, "invalid_request"), raw


async def test_the_counts_are_named(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/chat", json={"content": "말 " * 9000})
    assert "9000" in answer.json()["error"]["message"]
    assert "8192" in answer.json()["error"]["message"]


async def test_a_chunked_body_over_the_cap(client: httpx.AsyncClient) -> None:
    async def chunks() -> Any:
        for _ in range(40):
            yield b"x" * 10_000

    answer = await client.post("/api/chat", content=chunks(), headers={"Content-Type": "application/json"})
    assert error(answer) == (413, "too_large")


async def test_somebody_elses_conversation_looks_unknown(served: Served, client: httpx.AsyncClient) -> None:
    mine = (await chat(client))[0]["data"]
    async with served.client("lee@example.com") as other:
        conversation, generation = mine["conversation_id"], mine["generation_id"]
        unknown = str(uuid4())
        for method, path in [
            ("GET", "/api/conversations/{}"),
            ("PATCH", "/api/conversations/{}"),
            ("DELETE", "/api/conversations/{}"),
            ("GET", "/api/conversations/{}/messages"),
        ]:
            body = {"title": "mine now"} if method == "PATCH" else None
            theirs = await other.request(method, path.format(conversation), json=body)
            nobodys = await other.request(method, path.format(unknown), json=body)
            assert error(theirs) == error(nobodys) == (404, "conversation_not_found")
            assert theirs.json()["error"]["message"] == nobodys.json()["error"]["message"]
        assert error(await other.get(f"/api/generations/{generation}/events")) == (404, "not_found")
        assert error(await other.delete(f"/api/generations/{generation}")) == (404, "not_found")
        sent = await other.post("/api/chat", json={"content": "x", "conversation_id": conversation})
        assert error(sent) == (404, "conversation_not_found")
        parent = await other.post("/api/chat", json={"content": "x", "parent_id": mine["message_id"]})
        assert error(parent) == (404, "not_found")
    assert len((await client.get(f"/api/conversations/{conversation}/messages")).json()["items"]) == 2


async def test_signing_in(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url) as client:
        account = {"email": "Park@Example.com", "password": PASSWORD}
        assert (await client.post("/api/auth/register", json=account)).status_code == 201
        assert error(await client.post("/api/auth/register", json=account)) == (409, "email_taken")
        for email, password, code in [("no address", PASSWORD, "invalid_email"), ("a@b.kr", "short", "weak_password")]:
            answer = await client.post("/api/auth/register", json={"email": email, "password": password})
            assert error(answer) == (422, code)
        for email, password in [
            ("park@example.com", "wrong password"),
            ("nobody@example.com", PASSWORD),
            ("a\x00", "b\x00"),
        ]:
            answer = await client.post("/api/auth/jwt/login", data={"username": email, "password": password})
            assert error(answer) == (401, "bad_credentials")
        assert error(await client.get("/api/users/me")) == (401, "unauthorized")
        for token in ("x", "a.b.c", "'; DROP TABLE users; --", "é", "x" * 9000):
            answer = await client.get("/api/users/me", headers=[(b"Authorization", f"Bearer {token}".encode())])
            assert error(answer) == (401, "unauthorized")


async def test_signing_out_revokes_the_token(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/users/me")).json()["email"] == "kim@example.com"
    assert (await client.post("/api/auth/jwt/logout")).status_code == 204
    assert error(await client.get("/api/users/me")) == (401, "unauthorized")


async def test_unknown_routes_and_methods(client: httpx.AsyncClient) -> None:
    assert error(await client.get("/api/nothing")) == (404, "not_found")
    answer = await client.put("/api/chat")
    assert error(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


async def test_a_wrong_event_id(client: httpx.AsyncClient) -> None:
    generation = (await chat(client))[0]["data"]["generation_id"]
    for last in ("x", "-1", "999999", "1.5", "٣"):
        answer = await client.get(f"/api/generations/{generation}/events", headers=[(b"Last-Event-ID", last.encode())])
        assert error(answer) == (422, "invalid_event_id"), last


async def test_a_crash_in_a_generation_is_told_without_detail(
    served: Served, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.engine, "failure", ZeroDivisionError("secret detail"))
    last = (await chat(client))[-1]
    assert (last["event"], last["data"]["code"]) == ("error", "internal_error")
    assert "secret" not in last["data"]["message"]


async def test_a_message_found_too_long_only_after_loading_gets_the_same_status(
    make_settings: Any, tmp_path: Any
) -> None:
    engine = ScriptedEngine(window=50)
    engine.may_start.clear()
    async with serving(make_settings(), engine) as served, served.client() as client:
        body = {"content": "말 " * 60}
        sent = asyncio.create_task(client.post("/api/chat", json=body, headers={"Accept": "application/json"}))
        while not served.services.generations.admission.running:
            await asyncio.sleep(0.01)
        engine.may_start.set()
        assert error(await sent) == (413, "context_length_exceeded")


async def test_the_queue_and_the_users_share_are_bounded(make_settings: Any, tmp_path: Any) -> None:
    settings: Settings = make_settings(queue={"max_waiting": 1}, limits={"concurrent": 3}, engine={"max_num_seqs": 1})
    async with serving(settings, ScriptedEngine(slots=1)) as served:
        await served.services.engine.wait_ready()
        served.engine.gate.clear()
        async with served.client() as kim, served.client("lee@example.com") as lee:
            running = asyncio.create_task(chat(kim))
            while served.services.generations.admission.running < 1:
                await asyncio.sleep(0.01)
            async with lee.stream("POST", "/api/chat", json={"content": "안녕"}) as waiting:
                stream = read_events(waiting)
                assert (await anext(stream))["data"]["position"] == 1
                refused = await lee.post("/api/chat", json={"content": "안녕"})
                assert error(refused) == (503, "queue_full")
                assert int(refused.headers["Retry-After"]) >= 1
                served.engine.gate.set()
                later = [event["event"] async for event in stream]
            assert later[0] == "queued"
            assert later[-1] == "done"
            assert (await running)[-1]["event"] == "done"
