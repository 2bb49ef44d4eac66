"""Which server process this is. Each has a directory of its own in the data directory, so that what a killed one
left behind is found by its successor, and never by a second process that runs beside it."""

import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

# There while a process runs, and after it was killed.
RUNNING = "running"


@dataclass(slots=True)
class Instance:
    """`id` stays the same over restarts. The lock is given back by the kernel, also after `kill -9`."""

    id: str
    directory: Path
    lock: int

    def release(self, *, settled: bool = True) -> None:
        """Let the next process take over. `settled`: what there is to be done is in the journal."""
        if settled:
            (self.directory / RUNNING).unlink(missing_ok=True)
        os.close(self.lock)


class DataInUse(Exception):
    """Another process uses the data directory in a way that does not allow for this."""


@contextmanager
def hold(data_dir: Path, *, alone: bool) -> Iterator[None]:
    """Any number of processes may work with a data directory, or one alone that replaces it. Raises DataInUse."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            others = "A server uses" if alone else "A restore or a move is at work with"
            raise DataInUse(f"{others} {data_dir}: {'stop it first' if alone else 'wait for its end'}.") from error
        yield
    finally:
        os.close(lock)


def claim(data_dir: Path) -> Instance:
    """The first directory that no living process holds."""
    for number in itertools.count():
        if (instance := _take(data_dir / "instances" / str(number))) is not None:
            return instance
    raise AssertionError("unreachable")


def left_behind(data_dir: Path) -> list[Instance]:
    """Those that no living process holds, and that were killed or whose journal is not empty. They are held by us from
    now on."""
    journals = sorted((data_dir / "instances").glob("*/journal"))
    full = [path.parent for path in journals if any(_size(part) for part in path.glob("*.jsonl"))]
    killed = [path.parent for path in (data_dir / "instances").glob(f"*/{RUNNING}")]
    return [instance for path in sorted({*full, *killed}) if (instance := _take(path)) is not None]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a living process has just deleted it
        return 0


def _take(directory: Path) -> Instance | None:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    path = directory / "id"
    if not path.exists():
        path.write_text(str(uuid4()))
    (directory / RUNNING).touch()
    return Instance(path.read_text().strip(), directory, lock)
