"""Which server process this is. Each has a directory of its own in the data directory, so that what a killed one
left behind is found by its successor, and never by a second process that runs beside it."""

import fcntl
import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4


@dataclass(slots=True)
class Instance:
    """`id` stays the same over restarts. The lock is given back by the kernel, also after `kill -9`."""

    id: str
    directory: Path
    lock: int

    def release(self) -> None:
        """Let the next process take over."""
        os.close(self.lock)


def claim(data_dir: Path) -> Instance:
    """The first directory that no living process holds."""
    for number in itertools.count():
        directory = data_dir / "instances" / str(number)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        path = directory / "id"
        if not path.exists():
            path.write_text(str(uuid4()))
        return Instance(path.read_text().strip(), directory, lock)
    raise AssertionError("unreachable")
