"""A server of our own for a run without HOST: empty data, limits that one machine's users do not reach."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RAISED = {
    "CHAT_LIMITS__REQUESTS": "1000000/minute",
    "CHAT_LIMITS__ANONYMOUS": "1000000/minute",
    "CHAT_LIMITS__CONCURRENT": "64",
    "CHAT_LIMITS__TOKENS_PER_MINUTE": "1000000000",
    "CHAT_LIMITS__TOKENS_PER_DAY": "1000000000",
    # Asked for between the answers that are measured.
    "CHAT_GENERATIONS__TITLES": "false",
}
# The engine under test is the one configured; everything else, the database first of all, is not touched.
KEPT = ("CHAT_ENGINE__", "CHAT_QUEUE__")


class ServerError(Exception):
    """The server did not become ready (the message then ends with its log) or did not answer as it should."""


def python_path() -> str:
    """PYTHONPATH for a process that runs our modules in another folder."""
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))


def free_port() -> int:
    """A port on loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str, path: str = "/healthz") -> bool:
    """True when GET `path` gives 200."""
    try:
        with urllib.request.urlopen(url + path, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@dataclass(frozen=True)
class LocalServer:
    """A running server: where it answers and its process."""

    url: str
    pid: int


@contextlib.contextmanager
def stopping(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End `process`, the leader of a session, when the block ends: SIGTERM, after 45 s SIGKILL to its group."""
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(45)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(process: subprocess.Popen[bytes], url: str, log: Path, seconds: float) -> None:
    """Return when GET `url` gives 200. Raises ServerError at its death, when its own engine has failed twice, or after
    `seconds`."""
    deadline = time.monotonic() + seconds
    while not answers(url, ""):
        text = log.read_text(errors="replace")
        failed = [line for line in text.splitlines() if "engine start failed" in line and " engine=" not in line]
        if process.poll() is not None or time.monotonic() > deadline or len(failed) > 1:
            tail = text[-2000:]
            raise ServerError(f"the server did not become ready\n{tail}")
        time.sleep(0.2)


@contextlib.contextmanager
def started(
    settings: Mapping[str, str], seconds: float = 600, module: Sequence[str] = ("app", "serve")
) -> Iterator[LocalServer]:
    """Start it with these settings beside ours, wait until it answers questions, stop it at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CHAT_") or k.startswith(KEPT)}
    with tempfile.TemporaryDirectory(prefix="chat-load-") as folder:
        own = {"CHAT_DATA_DIR": f"{folder}/data", "CHAT_PORT": str(port), "PYTHONPATH": python_path(), **RAISED}
        log = Path(folder, "log")
        with open(log, "wb") as output:
            # In a session of its own, so that Ctrl-C ends Locust first; in an empty folder, without a .env.
            process = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=folder,
                env={**inherited, **own, **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with stopping(process):
            wait_for(process, f"{url}/readyz", log, seconds)
            try:
                yield LocalServer(url, process.pid)
            except Exception as error:
                error.add_note(f"the server's last words:\n{log.read_text(errors='replace')[-4000:]}")
                raise


@contextlib.contextmanager
def local_server(seconds: float = 600) -> Iterator[str]:
    """The URL of one with the engine that the environment configures."""
    with started({}, seconds) as server:
        yield server.url
