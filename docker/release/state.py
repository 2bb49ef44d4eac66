"""What is released, in a file that outlives us, under a lock that one release at a time holds."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from docker.release.errors import ReleaseError


@dataclass(slots=True)
class Underway:
    """A release that has begun. `weight` in percent, None without a canary; `watch` in seconds. `before` is what the
    slot had, to be noted again when the release is taken back."""

    slot: str
    version: str
    weight: int | None
    watch: float
    migrate: bool
    before: str | None
    step: str = "migrate"
    # nginx may have been told of the new version already.
    shifted: bool = False


@dataclass(slots=True)
class State:
    """`active` serves; `versions` is what each slot has, or had before it was stopped."""

    active: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    underway: Underway | None = None


def read(folder: Path) -> State:
    """An empty one when nothing was released yet. Raises ReleaseError for a file that is none of ours."""
    path = folder / "state.json"
    if not path.exists():
        return State()
    try:
        values = json.loads(path.read_text())
        underway = values.pop("underway")
        return State(**values, underway=Underway(**underway) if underway else None)
    except (ValueError, TypeError, KeyError) as error:
        raise ReleaseError(f"{path} cannot be read: {error}") from error


def write(folder: Path, state: State) -> None:
    """The file is always a whole one."""
    path = folder / "state.json"
    written = path.with_suffix(".next")
    with open(written, "w") as file:
        json.dump(asdict(state), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(written, path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Raises ReleaseError while another release works here. The kernel gives it back, also after `kill -9`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ReleaseError(f"Another release is at work with {folder}. Nothing was changed.") from error
        yield
    finally:
        os.close(lock)
