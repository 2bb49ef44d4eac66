"""A Redis server of our own: temporary, on loopback, without persistence."""

import contextlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import Process, RigError, running


@dataclass
class Redis:
    """A running server."""

    process: Process
    port: int

    @property
    def url(self) -> str:
        """`redis://…` of database 0."""
        return f"redis://{LOOPBACK}:{self.port}/0"


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
        with running(command, Path(folder, "log")) as process:
            process.wait_until(lambda: _pongs(port), seconds=15)
            yield Redis(process, port)
