"""Versions as processes of this host: a version is a directory with the sources and their `.venv`."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.release.errors import ReleaseError

STOP_SECONDS = 45.0
LOG_CHARACTERS = 2000
LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Processes:
    """`folder` keeps the process id and the log of each slot. `ports` by slot. `env_file` has the settings, as
    docker/env.example; `command` and `migration` are run in the version's directory."""

    folder: Path
    ports: Mapping[str, int]
    env_file: Path | None = None
    # Who they run as, when we are root.
    user: str | None = None
    command: Sequence[str] = (".venv/bin/python", "-m", "app", "serve")
    migration: Sequence[str] = (".venv/bin/python", "-m", "app", "migrate")
    environment: Mapping[str, str] = field(default_factory=dict)
    # Our own children: who started them has to take note of their end.
    _children: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def migrate(self, slot: str, version: str) -> None:
        """With the settings of the slot. Its words are told when it fails."""
        if not self.migration:
            return
        with _told(version):
            done = subprocess.run(
                self._program(self.migration, version),
                cwd=version,
                env=self.variables(slot),
                **self._account(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise ReleaseError(f"The migration of {version} failed: {done.stdout.strip()[-LOG_CHARACTERS:]}")

    def start(self, slot: str, version: str) -> None:
        """In a session of its own, so that it outlives us."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _told(version), open(self._log(slot), "wb", opener=_private) as log:
            popen = subprocess.Popen(
                self._program(self.command, version),
                cwd=version,
                env=self.variables(slot),
                **self._account(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children[popen.pid] = popen
        self._pid_file(slot).write_text(f"{popen.pid} {_began(popen.pid)}")

    def alive(self, slot: str) -> bool:
        """The process that we started, not another one that has its number now."""
        return self._pid(slot) is not None

    def stop(self, slot: str) -> None:
        """SIGTERM; after 45 s SIGKILL, for it and its engine."""
        pid = self._pid(slot)
        if pid is None:
            return
        deadline = time.monotonic() + STOP_SECONDS
        with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
            os.kill(pid, signal.SIGTERM)
            while self._pid(slot) is not None:
                if time.monotonic() > deadline:
                    os.killpg(pid, signal.SIGKILL)
                time.sleep(LOOK_SECONDS)
        self._pid_file(slot).unlink()

    def log(self, slot: str) -> str:
        """The end of its output."""
        path = self._log(slot)
        return path.read_text(errors="replace")[-LOG_CHARACTERS:] if path.exists() else ""

    def _pid(self, slot: str) -> int | None:
        path = self._pid_file(slot)
        if not path.exists():
            return None
        pid, began = path.read_text().split()
        if (child := self._children.get(int(pid))) is not None:
            return int(pid) if child.poll() is None else None
        return int(pid) if _began(int(pid)) == began else None

    def _pid_file(self, slot: str) -> Path:
        return self.folder / f"{slot}.pid"

    def _log(self, slot: str) -> Path:
        return self.folder / f"{slot}.log"

    def _program(self, command: Sequence[str], version: str) -> list[str]:
        program, *arguments = command
        inside = Path(version, program)
        return [str(inside.absolute()) if inside.exists() else shutil.which(program) or program, *arguments]

    def variables(self, slot: str) -> dict[str, str]:
        """The environment of a version in the slot: ours without CHAT_…, and the settings."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
        given = _read(self.env_file) if self.env_file else {}
        if self.user:
            ours |= {"HOME": pwd.getpwnam(self.user).pw_dir, "USER": self.user, "LOGNAME": self.user}
        return {**ours, **given, **self.environment, "CHAT_HOST": "127.0.0.1", "CHAT_PORT": str(self.ports[slot])}

    def _account(self) -> dict[str, Any]:
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if self.user else {}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(env_file: Path) -> dict[str, str]:
    """NAME=value lines, as systemd and Docker read them."""
    lines = (line.strip() for line in env_file.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value[1:-1] if value[:1] == value[-1:] in ("'", '"') else value for name, _, value in pairs}


def _began(pid: int) -> str | None:
    """When it began, in ticks since the boot: with it a number means one process. None when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


@contextlib.contextmanager
def _told(version: str) -> Iterator[None]:
    try:
        yield
    except (OSError, KeyError) as error:  # a KeyError of pwd says that there is no such user
        raise ReleaseError(f"{version} cannot be started: {error}") from error
