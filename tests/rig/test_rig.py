"""The rig's own servers start, answer and stop."""

import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.rig import packages
from tests.rig.chromium import LAUNCH_ARGS, find_chromium
from tests.rig.fixtures import need
from tests.rig.ports import LOOPBACK, answers, free_port
from tests.rig.postgres import bin_directory, postgres
from tests.rig.processes import RigError, running
from tests.rig.redis import redis


async def _run(url: str, statement: str) -> object:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        result = await connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


async def test_postgres_makes_a_fresh_database_each_time(postgres_url: Callable[[], str]) -> None:
    first, second = postgres_url(), postgres_url()
    assert await _run(first, "SELECT 1") == 1
    await _run(first, "CREATE TABLE only_here (id int)")
    assert await _run(second, "SELECT to_regclass('only_here')") is None
    assert await _run(second, "SHOW server_encoding") == "UTF8"


def test_postgres_stops() -> None:
    need(bin_directory(), "postgresql")
    with postgres() as cluster:
        port = cluster.port
        assert answers(port)
    assert not answers(port)
    assert cluster.process.popen.returncode == 0


def test_redis_answers(redis_url: str) -> None:
    port = int(redis_url.rsplit(":", 1)[1].split("/")[0])
    with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
        connection.sendall(b"SET a 1\r\nGET a\r\n")
        assert connection.recv(64).startswith(b"+OK")


def test_redis_stops(redis_url: str) -> None:
    with redis() as instance:
        port = instance.port
        assert f":{port}/" not in redis_url
    assert not answers(port)


def test_chromium_reads_a_page(chromium_path: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    page = "data:text/html;charset=utf-8,<title>t</title><p id=x></p><script>x.textContent=1+1+'%EC%9D%B4'</script>"
    command = [
        chromium_path,
        "--headless",
        *LAUNCH_ARGS,
        f"--user-data-dir={tmp_path}/profile",
        "--dump-dom",
        page,
    ]
    with running(command, log) as process:
        assert process.popen.wait(60) == 0
    assert "2이" in process.log()


def test_a_process_that_dies_shows_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such model')"]
    with running(command, tmp_path / "log") as process, pytest.raises(RigError, match="no such model"):
        process.wait_until(lambda: False, seconds=30)


def test_a_process_that_ignores_sigterm_is_killed_and_told(tmp_path: Path) -> None:
    code = "import signal as s; s.signal(s.SIGTERM, s.SIG_IGN); print('up', flush=True); s.pause()"
    with running([sys.executable, "-c", code], tmp_path / "log") as process:
        process.wait_until(lambda: "up" in process.log(), seconds=30)
        with pytest.raises(RigError, match="ignored SIGTERM"):
            process.stop(seconds=0.2)
    assert process.popen.returncode == -signal.SIGKILL


def test_free_ports_are_free() -> None:
    assert not answers(free_port())


@pytest.mark.skipif(bool(packages.missing()), reason="not all Debian packages are installed")
def test_nothing_to_install_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert packages.main() == 0
    assert capsys.readouterr().out == ""


def test_another_browser_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/somewhere/else")
    assert find_chromium() == "/somewhere/else"


def test_missing_packages_are_named_to_those_who_may_not_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packages, "missing", lambda: ["redis-server"])
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.delenv("CI", raising=False)
    assert packages.main() == 0
    assert "sudo apt-get install -y redis-server" in capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    assert packages.main() == 1
