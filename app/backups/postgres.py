"""PostgreSQL's own programs: pg_dump writes a database out, pg_restore and psql read it in."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from sqlalchemy.engine import URL

from app.backups.manifest import BackupError, Stopped

LOOK_SECONDS = 0.2


def has_dump() -> bool:
    """Whether a backup can be made here."""
    return shutil.which("pg_dump") is not None


def dump(url: URL, target: Path, stopped: Event) -> None:
    """The state of one moment. Raises BackupError, Stopped."""
    # The file around it is compressed.
    _run(url, ["pg_dump", "--format=custom", "--compress=0", f"--file={target}"], stopped)


def load(url: URL, source: Path, tables: Sequence[str]) -> None:
    """Put what was dumped in the place of `tables`: all of it, or on any error nothing. Raises BackupError."""
    script, drops = source.with_name("load.sql"), source.with_name("drop.sql")
    never = Event()
    _run(url, ["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source)], never)
    statements = [f'DROP TABLE IF EXISTS "{table}" CASCADE;' for table in tables]
    # What goes with a table would else be told at length, before what is wrong.
    drops.write_text("\n".join(["SET client_min_messages = warning;", *statements]))
    once = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    _run(url, ["psql", *once, f"--file={drops}", f"--file={script}"], never)


def _run(url: URL, command: Sequence[str], stopped: Event) -> None:
    name, *arguments = command
    program = shutil.which(name)
    if program is None:
        raise BackupError(
            f"{name} is not on the PATH: install the client programs of PostgreSQL (Debian package postgresql-client)."
        )
    with subprocess.Popen(
        [program, *arguments],
        env={**os.environ, **_connection(url), "LC_MESSAGES": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while True:
            try:
                _, errors = process.communicate(timeout=LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if stopped.is_set():
                    process.terminate()
                    process.communicate()
                    raise Stopped from None
    if process.returncode != 0:
        raise BackupError(f"{name}: {errors.strip()[:1000] or f'ended with {process.returncode}'}")


def _connection(url: URL) -> dict[str, str]:
    """For libpq, in the environment: everybody can read the arguments of a process."""
    ssl = url.query.get("ssl") or url.query.get("sslmode")
    values = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": ssl,
        "PGCONNECT_TIMEOUT": 10,
    }
    return {name: str(value) for name, value in values.items() if value}
