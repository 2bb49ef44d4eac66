"""A PostgreSQL cluster of our own: temporary, on loopback, without durability."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

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

    process: Process
    binaries: Path
    port: int
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_database(self) -> str:
        """Make an empty database; returns its SQLAlchemy URL for asyncpg."""
        name = f"test_{next(self._numbers)}"
        where = ["-h", LOOPBACK, "-p", str(self.port), "-U", "chat"]
        subprocess.run([self.binaries / "createdb", *where, "-T", "template0", name], check=True)
        return f"postgresql+asyncpg://chat@{LOOPBACK}:{self.port}/{name}"


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a cluster. PostgreSQL refuses to run as root, so root starts it as another user."""
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
        options = [option for name, value in SETTINGS.items() for option in ("-c", f"{name}={value}")]
        command: list[str | Path] = [binaries / "postgres", "-D", data, "-p", str(port), *options]
        log_path = Path(folder, "log")
        with running(command, log_path, user=user, cwd=Path(folder), end=signal.SIGINT) as process:
            ready = [str(binaries / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(port)]
            process.wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, seconds=30)
            yield Postgres(process, binaries, port)
