"""A real Prometheus beside a loaded server: every panel of every dashboard has figures, and the alert of a lost engine
fires and clears by itself."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.api import chatting, sign_in
from tests.e2e.resuming import engine_cores
from tests.rig.fixtures import ADMIN, RAISED_LIMITS, need
from tests.rig.prometheus import Prometheus, prometheus
from tests.rig.server import ROOT, Server, server

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(400)]

DASHBOARDS = sorted((ROOT / "docker" / "grafana" / "dashboards").glob("*.json"))
QUESTION = "이 서비스는 무엇인가요?"


@pytest.fixture(scope="module")
def loaded(redis_url: str) -> Iterator[Server]:
    """A server that everything has happened to: answers, a stop, wrong passwords, refusals by a limit."""
    settings = {
        "CHAT_ENGINE__MODEL": "demo",
        "HF_HUB_OFFLINE": "1",
        "CHAT_REDIS__URL": redis_url,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'rig' / 'fake_nvml'}",
        **RAISED_LIMITS,
        **ADMIN,
        "CHAT_LIMITS__CONCURRENT": "2",
        "CHAT_BACKUP__EVERY_HOURS": "1",
    }
    with server(settings) as instance:
        instance.wait("/readyz", seconds=180)
        yield instance


@pytest.fixture(scope="module")
def watching(loaded: Server) -> Iterator[Prometheus]:
    need(shutil.which("prometheus"), "prometheus")
    with prometheus(loaded.url.removeprefix("http://"), lambda rules: rules.replace("[10m]", "[15s]")) as instance:
        yield instance


def load(url: str) -> None:
    with sign_in(url) as client:
        client.post("/api/auth/jwt/login", data={"username": "nobody@example.com", "password": "wrong"})
        with ThreadPoolExecutor(6) as pool:
            said = list(pool.map(lambda _: status(client), range(6)))
        assert {200, 429} <= set(said)
        with chatting(client, QUESTION, max_tokens=2000, ignore_eos=True) as events:
            generation = next(events)["data"]["generation_id"]
            client.delete(f"/api/generations/{generation}")
            assert list(events)[-1]["data"]["finish_reason"] == "cancelled"


def status(client: httpx.Client) -> int:
    return client.post("/api/chat", json={"content": QUESTION}, headers={"Accept": "application/json"}).status_code


def panels(path: Path) -> list[tuple[str, str]]:
    board: dict[str, Any] = json.loads(path.read_text())
    found = [
        (f"{board['title']}: {panel['title']}", target["expr"])
        for panel in board["panels"]
        for target in panel["targets"]
    ]
    return found + [(board["title"], one["expr"].removesuffix(" > 0")) for one in board["annotations"]["list"]]


def test_every_panel_has_figures(loaded: Server, watching: Prometheus) -> None:
    queries = [panel for path in DASHBOARDS for panel in panels(path)]
    assert len(queries) > 40
    empty = queries

    def all_have_figures() -> bool:
        nonlocal empty
        load(loaded.url)
        empty = [(title, query) for title, query in empty if not finite(watching, query)]
        return not empty

    try:
        watching.process.wait_until(all_have_figures, seconds=90)
    finally:
        assert empty == []


def finite(watching: Prometheus, query: str) -> bool:
    return any(sample["value"][1] != "NaN" for sample in watching.query(query))


def test_a_lost_engine_is_an_alert_that_clears_by_itself(loaded: Server, watching: Prometheus) -> None:
    assert "EngineLost" not in watching.firing()
    for core in engine_cores(loaded.process.popen.pid):
        core.send_signal(signal.SIGKILL)
    watching.process.wait_until(lambda: "EngineLost" in watching.firing(), seconds=60)
    loaded.wait("/readyz", seconds=120)
    watching.process.wait_until(lambda: not watching.firing() & {"EngineLost", "EngineDown"}, seconds=90)
    assert status_after(loaded.url) == 200


def status_after(url: str) -> int:
    with sign_in(url) as client:
        return status(client)
