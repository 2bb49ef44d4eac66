"""The database file of SQLite: copied while others write, and looked at before it takes another one's place."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event

from app.backups.manifest import BackupError, Stopped

# How much is copied before it is asked whether to stop: 4 MB.
PAGES = 1024
# The same while it is checked, in steps of SQLite's machine.
STEPS = 100_000
# Its log and its index of that, which belong to it.
COMPANIONS = ("", "-wal", "-shm")


def copy(source: Path, target: Path, stopped: Event) -> None:
    """The state of one moment. Nobody waits meanwhile. Raises BackupError, Stopped."""
    if not source.exists():
        raise BackupError(f"There is no database yet: {source}.")

    def look(_status: int, _remaining: int, _total: int) -> None:
        if stopped.is_set():
            raise Stopped

    try:
        with (
            closing(sqlite3.connect(source, timeout=5, isolation_level=None)) as live,
            closing(sqlite3.connect(target)) as still,
        ):
            # A transaction that reads keeps its moment; without it the copy would begin anew at each write.
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_master").fetchone()
            live.backup(still, pages=PAGES, progress=look)
    except sqlite3.Error as error:
        raise BackupError(f"{source} cannot be copied: {error}") from error


def check(path: Path, stopped: Event) -> str:
    """The revision of its schema. Raises BackupError when it is no whole database of ours, Stopped."""
    try:
        with closing(sqlite3.connect(path)) as copy:
            copy.set_progress_handler(lambda: int(stopped.is_set()), STEPS)
            (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
            row = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        if stopped.is_set():
            raise Stopped from error
        raise BackupError(f"The database is damaged: {error}") from error
    if verdict != "ok" or row is None:
        raise BackupError(f"The database is damaged: {verdict}")
    return str(row[0])
