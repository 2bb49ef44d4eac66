"""A backup as one file: a compressed tar, the manifest first."""

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Event

from pydantic import ValidationError

from app.backups.manifest import DATABASE, FILES, NAME, BackupError, Manifest, Part, Stopped

MAX_MANIFEST = 1024 * 1024
CHUNK = 1024 * 1024


class _Reader(io.FileIO):
    """A file whose readers end when `stopped` is set."""

    def __init__(self, path: Path, stopped: Event) -> None:
        super().__init__(path)
        self._stopped = stopped

    def read(self, size: int | None = -1) -> bytes:
        if self._stopped.is_set():
            raise Stopped
        return super().read(-1 if size is None else size) or b""

    def readinto(self, buffer: object) -> int:
        if self._stopped.is_set():
            raise Stopped
        return super().readinto(buffer) or 0  # type: ignore[arg-type]


def describe(name: str, path: Path, stopped: Event) -> Part:
    """The part that `path` will be. Raises Stopped."""
    with _Reader(path, stopped) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Part(name=name, size=path.stat().st_size, sha256=digest)


def write(file: Path, manifest: Manifest, parts: Mapping[str, Path], stopped: Event) -> None:
    """Mode 0600; `file` is there whole or not at all. Raises Stopped, OSError."""
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
                text = manifest.model_dump_json(indent=2).encode()
                tar.addfile(_header(NAME, len(text)), io.BytesIO(text))
                for part in manifest.parts:
                    with _Reader(parts[part.name], stopped) as content:
                        tar.addfile(_header(part.name, part.size), content)
            raw.flush()
            os.fsync(raw.fileno())
        partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    return header


def unpack(file: Path, into: Path) -> Manifest:
    """Write all parts below the directory `into`, checked. Raises BackupError for whatever is no whole backup."""
    try:
        with gzip.open(file) as whole:
            with tarfile.open(fileobj=whole, mode="r:") as tar:
                manifest = _manifest(file, tar)
                wanted = {part.name: part for part in manifest.parts}
                while (member := tar.next()) is not None:
                    part = wanted.pop(member.name, None)
                    if part is None or not member.isreg() or member.size != part.size:
                        raise BackupError(f"{file} is damaged: {member.name!r} is not what the manifest says.")
                    _extract(file, tar, member, part, into)
            # The checksum of the compression is at the very end.
            while whole.read(CHUNK):
                pass
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {file}.") from error
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BackupError(f"{file} is damaged, or is no backup: {error}") from error
    if wanted:
        raise BackupError(f"{file} is damaged: {', '.join(sorted(wanted))} is missing.")
    return manifest


def _manifest(file: Path, tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    content = tar.extractfile(first) if first is not None and first.isreg() and first.name == NAME else None
    if first is None or content is None or first.size > MAX_MANIFEST:
        raise BackupError(f"{file} is no backup of vllm-chat: it does not begin with a manifest.")
    try:
        manifest = Manifest.model_validate_json(content.read())
    except ValidationError as error:
        raise BackupError(
            f"{file} has a manifest that this version cannot read. A newer version of vllm-chat may have made it."
        ) from error
    if strange := [part.name for part in manifest.parts if not _is_ours(part.name)]:
        raise BackupError(f"{file} holds files that no backup has: {', '.join(strange)}.")
    if DATABASE not in {part.name for part in manifest.parts}:
        raise BackupError(f"{file} holds no database.")
    return manifest


def _is_ours(name: str) -> bool:
    parts = name.split("/")
    if "" in parts or ".." in parts:
        return False
    return name == DATABASE or any(
        fnmatchcase(name, f"files/{pattern}") and len(parts) == pattern.count("/") + 2 for pattern in FILES
    )


def _extract(file: Path, tar: tarfile.TarFile, member: tarfile.TarInfo, part: Part, into: Path) -> None:
    content = tar.extractfile(member)
    assert content is not None
    path = into / part.name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            target.write(chunk)
    if digest.hexdigest() != part.sha256:
        raise BackupError(f"{file} is damaged: the checksum of {part.name} is wrong.")
