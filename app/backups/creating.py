"""Makes a backup, also beside a running server."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event

from sqlalchemy.engine import make_url

from app import __version__, schema
from app.backups import archive, postgres, sqlite
from app.backups.manifest import DATABASE, FILES, FORMAT, BackupError, Kind, Manifest, Stopped
from app.config import Settings
from app.db import now

SUFFIX = ".tar.gz"
# How often to look whether another backup has ended, in seconds.
TURN_SECONDS = 0.2


def folder(settings: Settings) -> Path:
    """Where backups go that are given no other place."""
    return settings.data_dir / "backups"


def named(settings: Settings, what: str, at: datetime) -> Path:
    """A file there; names of one kind sort by time."""
    return folder(settings) / f"{what}-{stamp(at)}{SUFFIX}"


def stamp(at: datetime) -> str:
    """A time as a part of a file's name, in UTC to the millisecond."""
    return f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03}Z"


def kind_of(settings: Settings) -> Kind:
    """Which database the settings name."""
    return "sqlite" if make_url(settings.database_url).get_backend_name() == "sqlite" else "postgresql"


def sqlite_path(settings: Settings) -> Path:
    """The database file. Raises BackupError when it is in memory."""
    name = make_url(settings.database_url).database
    if not name or name == ":memory:":
        raise BackupError("The database is in memory: there is nothing to keep.")
    return Path(name)


def kept_files(data_dir: Path) -> list[Path]:
    """The files of the data directory that go with the database, relative to it."""
    return sorted(path.relative_to(data_dir) for pattern in FILES for path in data_dir.glob(pattern) if path.is_file())


def create(settings: Settings, file: Path, stopped: Event | None = None) -> Manifest:
    """Write `file`. Blocking; one at a time for a data directory. Raises BackupError, Stopped, Unavailable, OSError."""
    stopped = stopped or Event()
    with turn(settings, stopped) as work:
        return write(settings, file, work, stopped)


def write(settings: Settings, file: Path, work: Path, stopped: Event) -> Manifest:
    """As `create`, for who has the `turn`."""
    if file.exists():
        raise BackupError(f"{file} exists already: choose another name.")
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    parts = {DATABASE: work / DATABASE}
    kind = kind_of(settings)
    if kind == "sqlite":
        sqlite.copy(sqlite_path(settings), parts[DATABASE], stopped)
        revision: str | None = sqlite.check(parts[DATABASE], stopped)
    else:
        revision = schema.present(settings)
        postgres.dump(make_url(settings.database_url), parts[DATABASE], stopped)
    if revision is None:
        raise BackupError("The database is empty: there is nothing to keep.")
    parts |= {f"files/{path}": settings.data_dir / path for path in kept_files(settings.data_dir)}
    manifest = Manifest(
        format=FORMAT,
        version=__version__,
        kind=kind,
        revision=revision,
        created_at=now(),
        parts=[archive.describe(name, path, stopped) for name, path in parts.items()],
    )
    archive.write(file, manifest, parts, stopped)
    return manifest


@contextmanager
def turn(settings: Settings, stopped: Event) -> Iterator[Path]:
    """An empty directory to work in, for one at a time; what a killed one has left there is deleted. Raises Stopped."""
    directory = folder(settings)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    work = directory / ".working"
    try:
        while not _locked(lock):
            if stopped.wait(TURN_SECONDS):
                raise Stopped
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
