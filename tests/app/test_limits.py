"""Limits over HTTP: headers, Retry-After, who shares a bucket, and what an administrator sets."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
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
from tests.app.serving import PASSWORD, Served, chat, serving, text_of
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
        for path in ("/healthz", "/metrics", "/login", "/register", "/docs", "/openapi.json"):
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


async def test_tokens_and_places_are_held_while_running_and_settled_at_the_end(served: Served) -> None:
    async with served.client() as admin:
        user = await user_of(admin)
        limits = {"tokens_per_minute": 1000, "tokens_per_day": 1000, "concurrent": 2}
        assert (await admin.put(f"/api/admin/limits/user:{user.id}", json=limits)).status_code == 200
        served.engine.gate.clear()
        running = [asyncio.create_task(chat(admin, "둘 단어", params={"max_tokens": 8})) for _ in range(2)]
        while len(served.engine.running) < 2:
            await asyncio.sleep(0.01)
        concurrent = await used(admin, "concurrent")
        assert (concurrent["used"], concurrent["remaining"], concurrent["reset"]) == (2, 0, None)
        day = await used(admin, "tokens_per_day")
        assert day["held"] == day["used"] > 2 * 10
        refused = await admin.post("/api/chat", json={"content": "안녕"})
        assert code(refused) == (429, "too_many_generations")
        assert int(refused.headers["Retry-After"]) >= 1
        served.engine.gate.set()
        usage = [(await task)[-1]["data"]["usage"] for task in running]
        total = sum(one["prompt_tokens"] + one["completion_tokens"] for one in usage)
        assert total == 2 * (2 + 8)
        for name in ("tokens_per_minute", "tokens_per_day"):
            found = await used(admin, name)
            assert (found["used"], found["held"], found["remaining"]) == (total, 0, 1000 - total)
            assert datetime.fromisoformat(found["resets_at"]).timestamp() == found["reset"] > time.time()
        assert (await used(admin, "tokens_per_day"))["reset"] % 86400 == 0
        assert (await used(admin, "concurrent"))["used"] == 0


async def test_token_limits_refuse_with_the_time_until_there_is_room(served: Served) -> None:
    async with served.client() as admin:
        for name, least, most in [("tokens_per_minute", 50, 60), ("tokens_per_day", 1, 86400)]:
            async with served.client(f"{name}@example.com") as somebody:
                subject = f"/api/admin/limits/user:{(await user_of(somebody)).id}"
                assert (await admin.put(subject, json={name: 5})).status_code == 200
                assert (await chat(somebody))[-1]["event"] == "done"
                refused = await somebody.post("/api/chat", json={"content": "안녕"})
                assert code(refused) == (429, name)
                assert least <= int(refused.headers["Retry-After"]) <= most
                assert (await admin.delete(subject)).status_code == 204
                assert text_of(await chat(somebody))


async def test_what_does_not_start_holds_nothing(served: Served, client: httpx.AsyncClient) -> None:
    assert code(await client.post("/api/chat", json={"content": "말 " * 9000}))[0] == 413
    served.services.generations._stopping = True
    assert code(await client.post("/api/chat", json={"content": "안녕"}))[0] == 503
    served.services.generations._stopping = False
    assert (await used(client, "concurrent"))["used"] == 0
    assert (await used(client, "tokens_per_day"))["used"] == 0


async def test_stopped_and_failed_answers_are_settled(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.gate.clear()
    running = asyncio.create_task(chat(client))
    while not served.engine.running:
        await asyncio.sleep(0.01)
    (generation_id,) = served.engine.running
    assert (await client.delete(f"/api/generations/{generation_id}")).status_code == 204
    served.engine.gate.set()
    usage = [(await running)[-1]["data"]["usage"]]
    served.engine.failure = ZeroDivisionError("x")  # type: ignore[assignment]
    assert (await chat(client))[-1]["event"] == "error"
    found = await used(client, "tokens_per_day")
    # The failed one had read its prompt of one word.
    assert (found["used"], found["held"]) == (sum(u["prompt_tokens"] + u["completion_tokens"] for u in usage) + 1, 0)
    assert (await used(client, "concurrent"))["used"] == 0


async def test_an_answer_that_goes_on_after_a_restart_is_counted_once(make_settings: Make) -> None:
    from tests.app.test_resume import begin, follow

    settings = make_settings()
    async with serving(settings, ScriptedEngine(delay=0.01)) as first, first.client() as client:
        await first.services.engine.wait_ready()
        seen = await begin(client, first.engine, 9)
    async with serving(settings) as second, second.client() as client:
        events = await follow(client, seen[0]["data"]["generation_id"])
        usage = events[-1]["data"]["usage"]
        found = await used(client, "tokens_per_day")
        assert (found["used"], found["held"]) == (usage["prompt_tokens"] + usage["completion_tokens"], 0) == (41, 0)


async def test_the_most_specific_limit_counts_field_by_field(served: Served) -> None:
    async with served.client() as admin, served.client("lee@example.com") as lee:
        user = await user_of(lee)
        await admin.put("/api/admin/limits/role:member", json={"requests": "50/minute", "concurrent": 2})
        await admin.put(f"/api/admin/limits/user:{user.id}", json={"concurrent": 3})
        assert figures(await lee.get("/api/users/me"))[0] == 50
        assert (await used(lee, "concurrent"))["limit"] == 3
        assert figures(await admin.get("/api/users/me"))[0] == 100_000
        listed = (await admin.get("/api/admin/limits")).json()
        assert [one["subject"] for one in listed["items"]] == ["role:member", f"user:{user.id}"]
        assert listed["default"]["concurrent"] == 64
        assert (await admin.delete("/api/admin/limits/role:member")).status_code == 204
        assert code(await admin.delete("/api/admin/limits/role:member")) == (404, "not_found")
        assert figures(await lee.get("/api/users/me"))[0] == 100_000
        assert code(await lee.get("/api/admin/limits")) == (403, "role_forbidden")
        await lee.request("DELETE", "/api/users/me", json={"password": PASSWORD})
        assert (await admin.get("/api/admin/limits")).json()["items"] == []


async def test_a_key_has_its_own_bucket_within_its_owners(served: Served) -> None:
    async with served.client() as admin:
        key = (await admin.post("/api/keys", json={"name": "ci", "scopes": ["read", "chat"]})).json()
        limits = {"requests": "2/minute", "tokens_per_day": 5}
        await admin.put(f"/api/admin/limits/key:{key['id']}", json=limits)
        async with httpx.AsyncClient(base_url=served.url, headers={"x-api-key": key["key"]}) as program:
            assert (await chat(program))[-1]["event"] == "done"
            own = (await program.get("/api/users/me/usage")).json()
            assert {one["name"]: one["limit"] for one in own["key"]} == {"requests": 2, "tokens_per_day": 5}
            assert next(one for one in own["key"] if one["name"] == "tokens_per_day")["used"] > 5
            assert code(await program.get("/api/users/me")) == (429, "rate_limited")
            await admin.put(f"/api/admin/limits/key:{key['id']}", json=limits | {"requests": "9/minute"})
            assert code(await program.post("/api/chat", json={"content": "안녕"})) == (429, "tokens_per_day")
        assert (await chat(admin))[-1]["event"] == "done"


async def test_bad_subjects_and_values(served: Served, client: httpx.AsyncClient) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    for subject in ("role:king", "user:x", "member", "user:", f"user:{nobody.upper()}x", f"group:{nobody}"):
        assert code(await client.put(f"/api/admin/limits/{subject}", json={})) == (422, "invalid_subject"), subject
    assert code(await client.put(f"/api/admin/limits/user:{nobody}", json={})) == (404, "user_not_found")
    assert code(await client.put(f"/api/admin/limits/key:{nobody}", json={})) == (404, "key_not_found")
    for body in ({"requests": "many"}, {"tokens_per_day": 0}, {"concurrent": -1}, {"tokens": 5}, {"concurrent": 10**9}):
        assert code(await client.put("/api/admin/limits/role:member", json=body))[0] == 422, body


async def test_programs_of_other_origins_may_read_the_headers(make_settings: Make) -> None:
    async with serving(make_settings(cors_origins=["https://app.example"])) as served, served.client() as client:
        answer = await client.get("/api/users/me", headers={"Origin": "https://app.example"})
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"} <= {
            name.strip() for name in exposed.split(",")
        }
