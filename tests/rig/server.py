"""The real service as a child process: `python -m app serve` on a free port with its own data directory."""

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import Process, running

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A running service."""

    process: Process
    url: str
    data_dir: Path

    def log(self) -> str:
        """Everything it has printed."""
        return self.process.log()

    def answers(self, path: str) -> bool:
        """True when GET `path` gives 200."""
        try:
            return httpx.get(self.url + path, timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def wait(self, path: str = "/readyz", seconds: float = 180) -> None:
        """Wait until GET `path` gives 200; RigError with the log when it does not within `seconds`."""
        self.process.wait_until(lambda: self.answers(path), seconds)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 45) -> int:
        """End it and return its exit code."""
        return self.process.stop(number, seconds)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Ours without any `CHAT_` of the person who runs the tests, plus `settings`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    return {**inherited, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), **settings}


# The service with an engine that says what is written in it, SCRIPTED_DELAY seconds per word.
SCRIPTED = ("tests.scripted_server",)


@contextlib.contextmanager
def server(
    settings: Mapping[str, str], data_dir: Path | None = None, module: Sequence[str] = ("app", "serve")
) -> Iterator[Server]:
    """Start the service with `settings` (CHAT_… variables). It is not ready yet: call `wait`."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="chat-server-") as folder:
        data = data_dir or Path(folder, "data")
        variables = {"CHAT_DATA_DIR": str(data), "CHAT_PORT": str(port), **settings}
        command = [sys.executable, "-m", *module]
        # Its working directory is empty, so that a `.env` of the checkout has no say.
        with running(
            command, Path(folder, "log"), env=environment(variables), cwd=Path(folder), end=signal.SIGTERM
        ) as process:
            yield Server(process, f"http://{LOOPBACK}:{port}", data)
