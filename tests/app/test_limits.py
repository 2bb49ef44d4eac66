"""Limits over HTTP: headers, Retry-After, who shares a bucket, and what an administrator sets."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from limits import parse

from app.auth.current import CurrentUser
from app.config import Settings
from app.conversations.schemas import ChatRequest
from app.errors import RateLimited
from app.limits.service import bucket_of
from app.limits.windows import Windows
from app.main import create_app
from tests.app.serving import PASSWORD, chat, serving
from tests.scripted_engine import ScriptedEngine

Make = Callable[..., Settings]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def figures(answer: httpx.Response) -> tuple[int, int, int]:
    limit, remaining, reset = (int(answer.headers[f"X-RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))
    return limit, remaining, reset


async def user_of(client: httpx.AsyncClient) -> CurrentUser:
    me = (await client.get("/api/users/me")).json()
    return CurrentUser(UUID(me["id"]), me["email"], me["role"], "cookie")


async def used(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    found = (await client.get("/api/users/me/usage")).json()["limits"]
    return next(one for one in found if one["name"] == name)


async def test_headers_on_every_answer_and_on_the_refusal(make_settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATELIMIT_ENABLED", "false")  # slowapi's own switch
    async with serving(make_settings(limits={"requests": "5/minute"})) as served, served.client() as client:
        await served.services.engine.wait_ready()
        answers = [await client.get("/api/users/me"), await client.get("/api/conversations/no-uuid")]
        async with client.stream("POST", "/api/chat", json={"content": "안녕"}) as stream:
            events = (await stream.aread()).decode()
        answers += [stream, await client.get("/api/nothing"), await client.put("/v1/nothing")]
        assert [answer.status_code for answer in answers] == [200, 422, 200, 404, 404]
        assert [figures(answer)[:2] for answer in answers] == [(5, left) for left in (4, 3, 2, 1, 0)]
        assert events.count("event: done") == 1
        now = time.time()
        assert all(now < figures(answer)[2] <= now + 61 for answer in answers)
        refused = await client.get("/api/users/me")
        assert code(refused) == (429, "rate_limited")
        assert figures(refused)[:2] == (5, 0)
        assert abs(int(refused.headers["Retry-After"]) - (figures(refused)[2] - time.time())) <= 2
        assert "X-Request-ID" in refused.headers
        metrics = (await client.get("/metrics")).text
        assert 'chat_rate_limited_total{limit="requests"}' in metrics


async def test_what_is_not_limited_has_no_headers(make_settings: Make) -> None:
    settings = make_settings(limits={"requests": "1/minute", "anonymous": "1/minute"})
    async with serving(settings) as served, httpx.AsyncClient(base_url=served.url) as client:
        asked = ("/healthz", "/metrics", "/login", "/register", "/docs", "/openapi.json")
        fetched = ("/favicon.ico", "/manifest.webmanifest", "/service-worker.js", "/offline")  # by the browser itself
        for path in (*asked, *fetched):
            for _ in range(3):
                answer = await client.get(path)
                assert answer.status_code == 200, path
                assert "X-RateLimit-Limit" not in answer.headers


async def test_the_page_and_the_api_share_one_bucket(make_settings: Make) -> None:
    async with serving(make_settings(limits={"requests": "4/minute"})) as served, served.client() as client:
        await served.services.engine.wait_ready()
        user = await user_of(client)
        for _ in range(2):
            await served.services.conversations.send(user, ChatRequest(content="안녕"))
        assert figures(await client.get("/api/users/me"))[1] == 0
        with pytest.raises(RateLimited) as refused:
            await served.services.conversations.send(user, ChatRequest(content="안녕"))
        assert refused.value.code == "rate_limited"
        assert 50 <= (refused.value.retry_after or 0) <= 60


async def test_following_an_answer_is_one_request(make_settings: Make) -> None:
    async with serving(make_settings(limits={"requests": "9/minute"})) as served, served.client() as client:
        await served.services.engine.wait_ready()
        generation = (await chat(client))[0]["data"]["generation_id"]
        async with client.stream("GET", f"/api/generations/{generation}/events") as stream:
            await stream.aread()
        assert figures(stream)[1] == 7


async def test_addresses_are_held_back_at_public_doors(make_settings: Make) -> None:
    async with serving(make_settings(limits={"anonymous": "4/minute"})) as served:
        async with httpx.AsyncClient(base_url=served.url) as client:
            wrong = {"username": "kim@example.com", "password": PASSWORD}
            for number in range(4):  # T-IP-1: whatever an untrusted peer says about itself
                headers = {"X-Forwarded-For": f"6.6.6.{number}", "Forwarded": f"for=6.6.6.{number}"}
                answer = await client.post("/api/auth/jwt/login", data=wrong, headers=headers)
                assert answer.status_code == 401
                assert figures(answer)[:2] == (4, 3 - number)
            refused = await client.post("/api/auth/register", json={}, headers={"X-Forwarded-For": "9.9.9.9"})
            assert code(refused) == (429, "rate_limited")
            for path in ("/login", "/register"):
                form = await client.post(path, data={"email": "kim@example.com", "password": PASSWORD})
                assert form.status_code == 429
                assert int(form.headers["Retry-After"]) > 30
                assert "<form" in form.text
            assert (await client.get("/login")).status_code == 200


async def test_a_trusted_proxy_tells_addresses_apart(make_settings: Make) -> None:
    settings = make_settings(limits={"anonymous": "1/minute"}, trusted_proxies=["127.0.0.1"])
    async with serving(settings) as served, httpx.AsyncClient(base_url=served.url) as client:
        status = []
        for given in ("1.1.1.1", "2.2.2.2", "6.6.6.6, 2.2.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
            answer = await client.post("/api/auth/jwt/login", data={}, headers={"X-Forwarded-For": given})
            status.append(answer.status_code)
        assert status == [422, 422, 429, 422, 429, 422]


def test_buckets_of_addresses() -> None:
    assert bucket_of("::ffff:1.2.3.4") == "1.2.3.4"
    assert bucket_of("fe80::1%eth0") == "fe80::/64"
    assert bucket_of(None) == bucket_of("testclient") == "unknown"


async def test_three_applications_in_one_process_do_not_add_up(make_settings: Make) -> None:
    settings = make_settings(limits={"requests": "3/minute"})
    for _ in range(2):  # T-RL-3
        create_app(settings, ScriptedEngine())
    async with serving(settings) as served, served.client() as client:
        status = [(await client.get("/api/users/me")).status_code for _ in range(4)]
        assert status == [200, 200, 200, 429]


def test_no_burst_at_the_edge_of_a_window() -> None:
    now = [1000.0]
    windows, rate = Windows(lambda: now[0]), parse("3/minute")
    times = []
    for second in range(0, 200):
        now[0] = 1000.0 + second * 0.9
        if windows.add("a", rate) is not None:
            times.append(now[0])
    assert len(times) == 9
    assert all(later - earlier >= 60 for earlier, later in zip(times, times[3:], strict=False))
    assert windows.look("b", rate).wait == 0
    now[0] += 60
    windows.forget()
    assert windows._hits == {}


async def test_programs_of_other_origins_may_read_the_headers(make_settings: Make) -> None:
    async with serving(make_settings(cors_origins=["https://app.example"])) as served, served.client() as client:
        answer = await client.get("/api/users/me", headers={"Origin": "https://app.example"})
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"} <= {
            name.strip() for name in exposed.split(",")
        }
