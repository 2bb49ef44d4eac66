"""What systemd hears of the server, at a real datagram socket."""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.config import Settings
from app.systemd import ALIVE, READY, STOPPING, Systemd, from_environment
from tests.app.serving import serving

BEAT_SECONDS = 0.1


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The other end, as systemd sets it up for the server."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", str(int(2 * BEAT_SECONDS * 1e6)))
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
        yield channel


def heard(manager: socket.socket) -> list[str]:
    words = []
    while True:
        try:
            words.append(manager.recv(100).decode())
        except BlockingIOError:
            return words


async def test_ready_alive_and_stopping(
    make_settings: Callable[..., Settings], database_url: str, manager: socket.socket
) -> None:
    loop = asyncio.get_running_loop()
    async with serving(make_settings(database={"url": database_url})):
        assert (await loop.sock_recv(manager, 100)).decode() == READY
        for _ in range(3):
            assert (await loop.sock_recv(manager, 100)).decode() == ALIVE
        heard(manager)
        time.sleep(5 * BEAT_SECONDS)  # noqa: ASYNC251 - the loop hangs, and so nobody says that it lives
        assert heard(manager) == []
        assert (await loop.sock_recv(manager, 100)).decode() == ALIVE
    words = heard(manager)
    assert words.count(STOPPING) == 1
    assert words[words.index(STOPPING) + 1 :].count(READY) == 0
    assert "NOTIFY_SOCKET" not in os.environ


def test_an_address_without_a_file() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(f"\0vllm-chat-{os.getpid()}")
        channel.settimeout(5)
        Systemd(f"@vllm-chat-{os.getpid()}", None).notify(READY)
        assert channel.recv(100).decode() == READY


def test_without_systemd_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setenv("WATCHDOG_USEC", "5000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))  # a parent's: it is not we who are waited for
    systemd = from_environment()
    systemd.notify(READY)
    assert (systemd.address, systemd.watchdog_seconds) == (None, None)
