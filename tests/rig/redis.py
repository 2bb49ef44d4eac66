"""A Redis server of our own: temporary, on loopback, without persistence."""

import contextlib
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import Process, RigError, running


@dataclass
class Redis:
    """A running server."""

    command: Sequence[str]
    folder: Path
    port: int
    _running: contextlib.ExitStack

    @property
    def url(self) -> str:
        """`redis://…` of database 0."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self.process: Process = self._running.enter_context(running(self.command, self.folder / "log"))
        self.process.wait_until(self.pongs, seconds=15)

    def stop_at_once(self) -> None:
        """Kill it: what it held is lost."""
        self.process.stop(signal.SIGKILL)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Connections stay open, new ones are taken by the kernel, and nothing answers."""
        self.process.popen.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.popen.send_signal(signal.SIGCONT)

    def pongs(self) -> bool:
        """True when it answers."""
        return _pongs(self.port)


def _pongs(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@contextlib.contextmanager
def redis() -> Iterator[Redis]:
    """Start a server."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise RigError("Redis is not installed (Debian package redis-server)")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="chat-redis-") as folder:
        command = [binary, "--port", str(port), "--bind", LOOPBACK, "--save", "", "--dir", folder]
        with contextlib.ExitStack() as stack:
            server = Redis(command, Path(folder), port, stack)
            server.start()
            yield server
