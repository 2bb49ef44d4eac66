"""Releases of real processes behind a real nginx while people are answered."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from docker.release import Patience, ReleaseError
from tests.e2e.api import chatting, sign_in
from tests.e2e.resuming import assert_whole, follow, follow_through
from tests.release.live import Live, live

LONG = {"max_tokens": 150, "ignore_eos": True}


@pytest.fixture(scope="module")
def site(
    nginx_installed: None, postgres_url: Callable[[], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """Version one serves."""
    settings = {"CHAT_DATABASE__URL": postgres_url(), "CHAT_REDIS__URL": redis_url, "SCRIPTED_DELAY": "0.5"}
    patience = Patience(ready_seconds=120, drain_seconds=2, error_rate=0.2, at_least=10)
    with live(tmp_path_factory.mktemp("release"), settings, patience) as instance:
        instance.releases.deploy(instance.version("one"), watch=0)
        yield instance


def test_an_answer_goes_through_a_release(site: Live) -> None:
    """It is not waited for long here, so that it must go on at the new version. Then back to the old one."""
    one, two = str(site.folder / "one"), site.version("two", SCRIPTED_DELAY="0.01")
    with sign_in(site.proxy.url, tls=site.proxy.tls) as client, ThreadPoolExecutor(1) as pool:
        with chatting(client, "What is this?", **LONG) as stream:
            generation = next(stream)["data"]["generation_id"]
        answer = pool.submit(follow_through, client, generation)
        site.releases.deploy(two, watch=1)
        events = answer.result(timeout=120)
        assert_whole(client, events, resumed=["server"])
        assert events[-1]["data"]["usage"]["completion_tokens"] == LONG["max_tokens"]
        assert site.releases.status().versions == {"blue": one, "green": two}
        site.releases.rollback()
        assert site.releases.status().active == "blue"
        assert list(follow(client, generation)) == events


def test_a_broken_canary_is_taken_back(site: Live) -> None:
    """Few are answered 500, and all others by the version that was there."""
    with ThreadPoolExecutor(1) as pool, httpx.Client(base_url=site.proxy.url, verify=site.proxy.tls) as stranger:
        bad = site.version("bad", SCRIPTED_BROKEN="1")
        release = pool.submit(site.releases.canary, bad, weight=50, watch=60)
        seen = [stranger.get("/api/users/me").status_code]
        while not release.done():
            seen.append(stranger.get("/api/users/me").status_code)
            time.sleep(0.02)
        with pytest.raises(ReleaseError, match="requests failed at"):
            release.result()
        assert set(seen) == {401, 500}
        assert {stranger.get("/api/users/me").status_code for _ in range(20)} == {401}
    assert site.releases.status().underway is None


def test_a_version_that_does_not_start_tells_why(site: Live) -> None:
    before, config = site.releases.status(), site.proxy.config.read_text()
    with pytest.raises(ReleaseError, match="ended before it was ready") as raised:
        site.releases.deploy(site.version("dead", CHAT_NONSENSE="1"))
    assert "CHAT_NONSENSE" in str(raised.value)
    assert (site.releases.status(), site.proxy.config.read_text()) == (before, config)
    with pytest.raises(ReleaseError, match="cannot be started"):
        site.releases.deploy(str(Path(site.folder, "nowhere")))
    assert httpx.get(f"{site.proxy.url}/healthz", verify=site.proxy.tls).status_code == 200
