"""No room is left for SQLite, the journal and the log: what is stored can be read, what runs ends, and all recovers."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.config import Settings
from app.generations import saving
from tests.app.serving import PASSWORD, chat
from tests.app.storage_world import Events, all_saved, asked, check_stored, ready, until
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import running
from tests.rig.server import ROOT, Server, environment
from tests.rig.small_disk import SmallDisk, small_disk
from tests.scripted_engine import ScriptedEngine

SHORT = {"params": {"max_tokens": 20, "ignore_eos": True}}


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk() as mounted:
        if mounted is None:
            pytest.skip("a small file system cannot be mounted here: it takes root")
        yield mounted


async def test_sqlite_and_the_journal_without_room(
    make_settings: Callable[..., Settings], disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "PATIENCE_SECONDS", 0.2)
    settings = make_settings(data_dir=disk.path / "data")
    engine = ScriptedEngine(delay=0.02)
    async with ready(settings, engine) as (served, client):
        stored = await chat(client)
        conversation = stored[0]["data"]["conversation_id"]
        login = {"email": "kim@example.com", "password": PASSWORD}
        async with httpx.AsyncClient(base_url=served.url) as browser:
            assert (await browser.post("/login", data=login)).status_code == 303
            steps: list[int] = []
            stream = asked(client, lambda event: steps.append(event["id"]), **SHORT)
            await until(lambda: len(steps) > 6)
            engine.gate.clear()
            disk.fill()
            engine.gate.set()
            answer: Events = await stream
            assert (answer[-1]["event"], answer[-1]["data"]["saved"]) == ("done", False)
            refused = await client.post("/api/chat", json={"content": "안녕"})
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "storage_full")
            assert int(refused.headers["Retry-After"]) >= 1
            # What is stored can be read.
            for path in ("/api/users/me", "/api/conversations", f"/api/conversations/{conversation}/messages"):
                assert (await client.get(path)).status_code == 200, path
            for path in ("/", f"/c/{conversation}", "/settings"):
                assert (await browser.get(path)).status_code == 200, path
            assert (await client.get("/readyz")).status_code == 200
        disk.free()
        await all_saved(served)
        more = await chat(client)
        assert more[-1]["event"] == "done"
        await check_stored(served, stored, answer, more)
    with sqlite3.connect(settings.data_dir / "vllm-chat.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def test_a_log_that_cannot_be_written_breaks_nothing(tmp_path: Path) -> None:
    port = free_port()
    settings = {"CHAT_DATA_DIR": str(tmp_path / "data"), "CHAT_PORT": str(port), "SCRIPTED_DELAY": "0"}
    command = [sys.executable, "-m", "tests.scripted_server"]
    # Whatever is written there: no space left on device.
    with running(command, Path("/dev/full"), env=environment(settings), cwd=ROOT) as process:
        server = Server(process, f"http://{LOOPBACK}:{port}", tmp_path / "data")
        process.wait_until(lambda: server.answers("/readyz"), 60)
        with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
            account = {"email": "kim@example.com", "password": PASSWORD}
            assert client.post("/api/auth/register", json=account).status_code == 201
            login = {"username": "kim@example.com", "password": PASSWORD}
            token = client.post("/api/auth/jwt/login", data=login).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
            answer = client.post("/api/chat", json={"content": "안녕"}, headers=headers)
            assert answer.json()["finish_reason"] == "stop"
            assert client.get("/api/nothing", headers=headers).status_code == 404
