"""The clock is set an hour forward or back: nobody is locked out, nothing freezes, and messages keep their order."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, tzinfo

import httpx
import jwt.api_jwt
import pytest

from app import db
from app.auth import recent
from app.auth.throttle import Throttle
from app.config import Settings
from app.errors import RateLimited
from app.retention.service import Retention
from tests.app.serving import PASSWORD, Served, chat, serving, text_of
from tests.app.storage_world import asked, until
from tests.scripted_engine import REPLY, ScriptedEngine

HOUR = 3600.0
JUMPS = pytest.mark.parametrize("jump", [HOUR, -HOUR])
SetClock = Callable[[float], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """`set_clock(seconds)`: so far from the right time. What counts seconds is not touched, as on a real machine."""
    offset = 0.0
    real, real_ns = time.time, time.time_ns

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(time.time(), tz)

    def set_(seconds: float) -> None:
        nonlocal offset
        offset = seconds

    monkeypatch.setattr(time, "time", lambda: real() + offset)
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + int(offset * 1e9))
    monkeypatch.setattr(db, "datetime", Moved)
    monkeypatch.setattr(jwt.api_jwt, "datetime", Moved)
    return set_


@pytest.fixture
async def served(
    make_settings: Callable[..., Settings], set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Served]:
    # Who was let in counts for a moment, by the clock that cannot be set.
    monkeypatch.setattr(recent, "KEEP_SECONDS", 0.0)
    settings = make_settings(auth={"secret": "s" * 40, "jwt_lifetime": 2 * int(HOUR)})
    async with serving(settings, ScriptedEngine(delay=0.01)) as instance:
        await instance.services.engine.wait_ready()
        yield instance


async def test_the_clock_of_this_test_is_the_one_that_counts(set_clock: SetClock) -> None:
    set_clock(HOUR)
    assert abs((db.now() - datetime.now(UTC)).total_seconds() - HOUR) < 60


@JUMPS
async def test_sessions_and_keys_end_by_the_clock_and_nobody_is_locked_out(
    served: Served, client: httpx.AsyncClient, set_clock: SetClock, jump: float
) -> None:
    login = {"email": "kim@example.com", "password": PASSWORD}
    soon = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    key = (await client.post("/api/keys", json={"name": "k", "scopes": ["read"], "expires_at": soon})).json()["key"]
    async with httpx.AsyncClient(base_url=served.url) as browser:
        assert (await browser.post("/login", data=login)).status_code == 303
        for offset in (jump, 0.0):
            set_clock(offset)
            assert (await client.get("/api/users/me")).status_code == 200
            assert (await browser.get("/api/users/me")).status_code == 200
            # What ends within the hour has ended, and is back when the clock is.
            expected = 401 if offset > 0 else 200
            assert (await browser.get("/api/users/me", headers={"x-api-key": key})).status_code == expected
            # A token made now is good now.
            async with served.client() as again:
                assert (await again.get("/api/users/me")).status_code == 200
        set_clock(2 * HOUR + 60)
        assert (await client.get("/api/users/me")).status_code == 401
        assert (await browser.get("/api/users/me")).status_code == 200


@JUMPS
async def test_streams_go_on(served: Served, client: httpx.AsyncClient, set_clock: SetClock, jump: float) -> None:
    served.engine.delay = 0.05
    steps: list[int] = []
    stream = asked(client, lambda event: steps.append(event["id"]))
    await until(lambda: len(steps) > 4)
    set_clock(jump)
    events = await stream
    assert (events[-1]["event"], text_of(events)) == ("done", REPLY)
    timing = events[-1]["data"]["timing"]
    assert 0 <= timing["queue_ms"] <= timing["ttft_ms"] <= timing["total_ms"] < HOUR * 500
    usage = (await client.get("/api/users/me/usage")).json()["limits"]
    assert next(one for one in usage if one["name"] == "concurrent")["used"] == 0
    assert (await chat(client))[-1]["event"] == "done"


@JUMPS
async def test_limits_do_not_freeze(make_settings: Callable[..., Settings], set_clock: SetClock, jump: float) -> None:
    settings = make_settings(limits={"requests": "2/second"}, auth={"secret": "s" * 40, "jwt_lifetime": 2 * int(HOUR)})
    async with serving(settings) as served, served.client() as client:
        answers = await asyncio.gather(*(client.get("/api/users/me") for _ in range(4)))
        assert 429 in [answer.status_code for answer in answers]
        set_clock(jump)
        await asyncio.sleep(1.1)
        assert (await client.get("/api/users/me")).status_code == 200


@JUMPS
def test_guesses_are_held_back_for_a_minute_not_an_hour(set_clock: SetClock, jump: float) -> None:
    held_back = Throttle()
    for _ in range(5):
        held_back.failed("kim@example.com", None)
    set_clock(jump)
    with pytest.raises(RateLimited) as refused:
        held_back.check("kim@example.com", None)
    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= 60


async def test_messages_keep_their_order(served: Served, client: httpx.AsyncClient, set_clock: SetClock) -> None:
    conversation = (await chat(client, "0"))[0]["data"]["conversation_id"]
    for number, offset in enumerate((HOUR, -HOUR, -2 * HOUR, 0.0), start=1):
        set_clock(offset)
        await chat(client, str(number), conversation_id=conversation)
    messages = (await client.get(f"/api/conversations/{conversation}/messages")).json()["items"]
    assert [one["content"] for one in messages if one["role"] == "user"] == ["0", "1", "2", "3", "4"]
    # Each was asked behind the one before.
    assert [one["parent_id"] for one in messages] == [None, *(one["id"] for one in messages[:-1])]
    assert [one["status"] for one in messages] == ["done"] * 10


@JUMPS
async def test_nothing_is_deleted_before_its_day(
    served: Served, client: httpx.AsyncClient, set_clock: SetClock, jump: float
) -> None:
    conversation = (await chat(client))[0]["data"]["conversation_id"]
    services = served.services
    set_clock(jump)
    await Retention(services.db, 1, services.audit, services.request_log).apply(db.now())
    assert (await client.get(f"/api/conversations/{conversation}")).status_code == 200
