"""A PostgreSQL cluster of our own: temporary, on loopback, without durability."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import Process, RigError, running, unprivileged

# As in docker/compose.yml: no value of anybody's is in its log.
LOGGING = {
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    **LOGGING,
}


def bin_directory() -> Path | None:
    """Where `postgres` and `initdb` are: Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).parent if on_path else None


@dataclass
class Postgres:
    """A running cluster. Its user is `chat`, trusted on loopback."""

    command: Sequence[str | Path]
    folder: Path
    user: str | None
    binaries: Path
    port: int
    _running: contextlib.ExitStack
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_database(self, name: str = "", template: str = "template0") -> str:
        """Make an empty database, or a copy of another one; returns its SQLAlchemy URL for asyncpg."""
        name = name or f"test_{next(self._numbers)}"
        where = ["-h", LOOPBACK, "-p", str(self.port), "-U", "chat"]
        subprocess.run([self.binaries / "createdb", *where, "-T", template, name], check=True)
        return f"postgresql+asyncpg://chat@{LOOPBACK}:{self.port}/{name}"

    def start(self) -> None:
        """Start it on its data, and wait until it takes connections."""
        self.process: Process = self._running.enter_context(
            running(self.command, self.folder / "log", user=self.user, cwd=self.folder, end=signal.SIGINT)
        )
        self.process.wait_until(self.is_ready, seconds=30)

    def is_ready(self) -> bool:
        """True when it takes connections."""
        command = [str(self.binaries / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self.port), "-t", "1"]
        return subprocess.run(command, check=False).returncode == 0

    def stop(self) -> None:
        """As `pg_ctl stop -m fast`, which is what `systemctl restart` does: connections are ended, all is written."""
        self.process.stop(signal.SIGINT)

    def stop_at_once(self) -> None:
        """As `pg_ctl stop -m immediate`: no goodbye to anybody, and the next start recovers from the log."""
        self.process.stop(signal.SIGQUIT)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Connections stay open, new ones are taken by the kernel, and nothing answers."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        # Each backend is in a session of its own.
        postmaster = psutil.Process(self.process.popen.pid)
        for process in (postmaster, *postmaster.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)


@contextlib.contextmanager
def postgres(*, keeps: bool = False) -> Iterator[Postgres]:
    """Start a cluster. PostgreSQL refuses to run as root, so root starts it as another user.

    One that `keeps` what it has committed may be stopped at once.
    """
    binaries = bin_directory()
    if binaries is None:
        raise RigError("PostgreSQL is not installed (Debian package postgresql)")
    user = unprivileged("postgres")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="chat-postgres-") as folder:
        data = Path(folder, "data")
        if user:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        made = subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "chat", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            user=user,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise RigError(f"initdb: {made.stderr}")
        settings = SETTINGS | ({"synchronous_commit": "on"} if keeps else {})
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        command: list[str | Path] = [binaries / "postgres", "-D", data, "-p", str(port), *options]
        with contextlib.ExitStack() as stack:
            cluster = Postgres(command, Path(folder), user, binaries, port, stack)
            cluster.start()
            yield cluster
