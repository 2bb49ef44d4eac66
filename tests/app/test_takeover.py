"""Two servers on one data directory: what one leaves behind when it ends goes on at the other, at once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.config import Settings
from app.instance import left_behind
from tests.app.serving import text_of
from tests.app.side_by_side import following, ready, rest, take
from tests.app.test_resume import UNDISTURBED, begin, check, stored


@pytest.fixture
def settings(make_settings: Callable[..., Settings], postgres_url: Callable[[], str], redis_url: str) -> Settings:
    return make_settings(database={"url": postgres_url()}, redis={"url": redis_url})


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
