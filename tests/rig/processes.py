"""Child processes with a log, a deadline to become ready and a certain end."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class RigError(Exception):
    """A tool did not start or stop; the message ends with its log."""


def unprivileged(*names: str) -> str | None:
    """The first of the users `names` that exists, when we are root and should not be; None otherwise."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in (*names, "nobody") if name in known)


@dataclass
class Process:
    """A running tool and its log file (standard output and error together)."""

    popen: subprocess.Popen[bytes]
    log_path: Path

    def log(self) -> str:
        """Everything it has printed."""
        return self.log_path.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Poll `ready` until it is true. RigError at its death or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.popen.poll() is not None:
                raise RigError(f"{self.popen.args!r} ended with {self.popen.returncode}\n{self.log()[-4000:]}")
            if time.monotonic() > deadline:
                raise RigError(f"{self.popen.args!r} not ready in {seconds} s\n{self.log()[-4000:]}")
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
        """Ask it to end, wait, and return its exit code (negative: the signal that killed it)."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill_group()
                raise RigError(f"{self.popen.args!r} ignored {number.name}\n{self.log()[-4000:]}") from None
        return self.popen.returncode

    def kill_group(self) -> None:
        """End it and every child that is still in its session."""
        with contextlib.suppress(ProcessLookupError):  # the group is empty: nothing is left to end
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    log_path: Path,
    *,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    cwd: Path | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[Process]:
    """Run `command` in a session of its own, as `user` if named, until the block ends."""
    account = pwd.getpwnam(user) if user else None
    with open(log_path, "ab") as log:
        popen = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            start_new_session=True,
        )
    process = Process(popen, log_path)
    try:
        yield process
    finally:
        try:
            process.stop(end)
        finally:
            process.kill_group()
