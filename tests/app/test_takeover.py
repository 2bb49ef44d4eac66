"""Two servers on one data directory: what one leaves behind when it ends goes on at the other, at once."""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from app.config import Settings
from app.db import Database
from app.generations.replicas import stream_key
from app.instance import left_behind
from tests.app.serving import read_events, text_of
from tests.app.side_by_side import following, ready, rest, take
from tests.app.test_resume import LONG, UNDISTURBED, begin, check, stored


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], migrated_postgres_url: Callable[[], str], redis_url: str
) -> Settings:
    return make_settings(database={"url": migrated_postgres_url()}, redis={"url": redis_url})


async def test_the_answer_of_a_stopped_server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.serve.DRAIN_SECONDS", 0.1)
    async with ready(settings) as (_, on_b):
        async with ready(settings) as (a, on_a):
            seen = await begin(on_a, a.engine, 9)
            async with following(on_b, seen[0]["data"]["generation_id"]) as before:
                assert await take(before, 9) == seen
                await a.stop()
                events = seen + await rest(before, seconds=30)
        check(events)
        assert [event["data"]["reason"] for event in events if event["event"] == "resuming"] == ["server"]
        assert text_of(events) == UNDISTURBED
        assert await stored(settings, seen) == ("done", UNDISTURBED)
        async with following(on_b, seen[0]["data"]["generation_id"]) as after:
            assert await rest(after) == events


async def test_the_answer_of_a_killed_server(settings: Settings, tmp_path: Path) -> None:
    """Its files as a kill -9 would leave them: copied while it runs, and put where nobody holds them."""
    async with ready(settings) as (a, on_a):
        seen = await begin(on_a, a.engine, 12)
        shutil.copytree(settings.data_dir / "instances" / "0", tmp_path / "left")
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    async with ready(other) as (_, on_b):
        (tmp_path / "left").rename(other.data_dir / "instances" / "7")
        async with following(on_b, seen[0]["data"]["generation_id"]) as follower:
            events = await rest(follower, seconds=30)
    check(events)
    assert events[:12] == seen
    assert text_of(events) == UNDISTURBED
    assert await stored(settings, seen) == ("done", UNDISTURBED)
    assert left_behind(other.data_dir) == []


@pytest.mark.parametrize("old", [False, True])
async def test_an_answer_that_was_stored_and_not_yet_in_the_journal(
    settings: Settings, redis_url: str, tmp_path: Path, old: bool
) -> None:
    """Killed in the instant between: who asks again with the same key hears the whole answer, and only one."""
    key = {"Idempotency-Key": "once"}
    async with ready(settings) as (a, on_a):
        shutil.copytree(settings.data_dir / "instances" / "0", tmp_path / "left")
        a.engine.gate.clear()
        async with on_a.stream("POST", "/api/chat", json=LONG, headers=key) as asked:
            seen = await take(read_events(asked), 1)
    async with Redis.from_url(redis_url) as connection:
        await connection.delete(stream_key(UUID(seen[0]["data"]["generation_id"])))
    await killed_unheard(settings, old)
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    async with ready(other) as (_, on_b), on_b.stream("POST", "/api/chat", json=LONG, headers=key) as again:
        (tmp_path / "left").rename(other.data_dir / "instances" / "7")
        events = await rest(read_events(again), seconds=30)
        if old:
            # Nobody follows for ever what will never be told.
            assert events == []
            assert await stored(settings, seen) == ("interrupted", "")
            return
    check(events)
    assert events[0]["data"]["message_id"] == seen[0]["data"]["message_id"]
    assert text_of(events) == UNDISTURBED
    assert await stored(settings, seen) == ("done", UNDISTURBED)


async def killed_unheard(settings: Settings, old: bool) -> None:
    db = Database(settings)
    async with db.transaction() as session:
        await session.execute(text("UPDATE messages SET status = 'queued' WHERE role = 'assistant'"))
        if old:
            await session.execute(text("UPDATE generations SET created_at = created_at - interval '1 hour'"))
    await db.close()
