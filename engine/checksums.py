"""SHA-256 sums of a model's files, in `SHA256SUMS` beside them as `sha256sum -c` reads it."""

import hashlib
import os
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from engine.errors import EngineConfigError

NAME = "SHA256SUMS"
# What belongs to a model here. Safetensors only: pickled weights could run code.
PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")


def recorded(directory: str) -> bool:
    """Whether there are sums to compare with, which also means that the model is complete."""
    return Path(directory, NAME).is_file()


def record(directory: str, known: Mapping[str, str]) -> None:
    """Write the sums. Raises EngineConfigError when a file has another one than `known` (name → sum) says; that file is
    removed, so that the next try fetches it again. A directory that is not ours to write into stays as it is."""
    sums = {name: _sum(Path(directory, name)) for name in _files(directory)}
    for name, wanted in known.items():
        if sums.get(name) != wanted:
            _remove(Path(directory, name))
            raise EngineConfigError(f"{name} is damaged: it has not the SHA-256 sum that the hub gives. Try again")
    if os.access(directory, os.W_OK):
        lines = [f"{digest}  {name}\n" for name, digest in sorted(sums.items())]
        Path(directory, NAME).write_text("".join(lines))


def differences(directory: str) -> list[str]:
    """Names of files that have changed, gone or come since they were recorded."""
    lines = Path(directory, NAME).read_text().splitlines()
    wanted = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = {name: _sum(Path(directory, name)) for name in _files(directory)}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def _files(directory: str) -> list[str]:
    paths = (path for path in Path(directory).rglob("*") if path.is_file() and path.name != NAME)
    return [str(path.relative_to(directory)) for path in paths if any(fnmatch(path.name, one) for one in PATTERNS)]


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(path: Path) -> None:
    # In the hub's cache it is a link to the file itself.
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)
