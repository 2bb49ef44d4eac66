"""Users chat, and one fault after the other happens to them."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtest.faults import accounts, diary
from loadtest.faults.diary import Seen
from loadtest.faults.kinds.fault import Fault
from loadtest.faults.ledger import Ledger, settled
from loadtest.faults.memory import Memory
from loadtest.faults.site import Site
from loadtest.local_server import ROOT, ServerError

# So long users chat before the first fault, and at least so long after each recovery, in seconds.
CALM_SECONDS = 15.0
RECOVER_SECONDS = 180.0
POLL_SECONDS = 0.1
STOP_SECONDS = 200  # of the users: who waits for an answer waits for its end


@dataclass(frozen=True)
class Window:
    """From a fault to the next one. `recovered` is in seconds from the fault on; None: not within RECOVER_SECONDS
    after its cause was over."""

    name: str
    row: str
    begin: float
    end: float
    recovered: float | None


@dataclass(frozen=True)
class Result:
    """A whole campaign."""

    users: int
    windows: list[Window]
    seen: Seen
    ledger: Ledger
    memory: Memory


@contextlib.contextmanager
def chatting(site: Site, count: int, folder: Path) -> Iterator[None]:
    """So many users, until the block ends; those who wait for an answer then read it to its end."""
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtest" / "faults" / "locustfile.py"), "--headless"]
    command += ["--host", site.proxy.url, "--users", str(count), "--spawn-rate", "4", "--only-summary"]
    command += ["--stop-timeout", str(STOP_SECONDS), "--loglevel", "WARNING", "--exit-code-on-error", "0"]
    own = {"FAULTS_FOLDER": str(folder), "FAULTS_CERT": str(site.proxy.folder / "cert.pem"), "PYTHONPATH": str(ROOT)}
    with open(folder / "users.log", "wb") as log:
        users = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
        if users.poll() is not None:
            raise ServerError(f"the users ended early\n{(folder / 'users.log').read_text()[-2000:]}")
        users.send_signal(signal.SIGTERM)
        users.wait(STOP_SECONDS + 30)
    finally:
        users.kill()
        users.wait()


def campaign(site: Site, faults: Sequence[Fault], users: int, every: float = 0.0, calm: float = CALM_SECONDS) -> Result:
    """All faults in this order, one each `every` seconds, later where recovery takes longer."""
    with tempfile.TemporaryDirectory(prefix="chat-faults-") as name:
        folder = Path(name)
        people = site.sign_up(users)
        accounts.write(folder, people)
        windows: list[Window] = []
        with Memory(site) as memory, chatting(site, users, folder):
            begin = time.time()
            time.sleep(calm)
            windows.append(Window("none, to begin with", "", begin, time.time(), 0.0))
            for fault in faults:
                windows.append(happens(site, fault, every, calm))
                told = windows[-1].recovered
                print(fault.name, "did not recover" if told is None else f"recovered after {told:.1f} s", flush=True)
        seen = diary.read(folder)
    return Result(users, windows, seen, settled(site, people, seen.asked), memory)


def happens(site: Site, fault: Fault, every: float, calm: float) -> Window:
    """One fault, until it is over and things are calm again."""
    begin, clock = time.time(), time.monotonic()
    recovered = fault.inject(site)
    seconds: float | None = None
    deadline = time.monotonic() + RECOVER_SECONDS
    while time.monotonic() < deadline:
        if recovered():
            seconds = time.monotonic() - clock
            break
        time.sleep(POLL_SECONDS)
    time.sleep(max(calm, clock + every - time.monotonic()))
    return Window(fault.name, fault.row, begin, time.time(), seconds)
