"""What is no whole backup of a schema that we know is refused, and nothing is touched."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.backups.creating import create
from app.backups.manifest import BackupError
from app.backups.restoring import restore
from app.config import Settings
from app.migrate import migrate
from tests.backups.conftest import Installation

Files = dict[str, bytes]


@pytest.fixture
def installation(make_settings: Callable[..., Settings]) -> Installation:
    """On SQLite: what is looked at here is the file around the database."""
    made = Installation(make_settings(auth={}))
    migrate(made.settings)
    made.settings.secret()
    made.add("kim@example.com")
    return made


@pytest.fixture
def file(installation: Installation, tmp_path: Path) -> Path:
    """A good backup."""
    create(installation.settings, tmp_path / "a.tar.gz")
    return tmp_path / "a.tar.gz"


def refused(installation: Installation, file: Path) -> str:
    with pytest.raises(BackupError) as told:
        restore(installation.settings, file, force=True)
    assert installation.emails() == ["kim@example.com"]
    names = {path.name for path in installation.settings.data_dir.iterdir()}
    assert names <= {"vllm-chat.db", "vllm-chat.db-wal", "vllm-chat.db-shm", "secret", "backups", "lock"}
    return str(told.value)


def rewrite(file: Path, change: Callable[[dict[str, Any], Files], None]) -> None:
    with tarfile.open(file) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    manifest = json.loads(files.pop("manifest.json"))
    change(manifest, files)
    with tarfile.open(file, "w:gz") as tar:
        for name, content in {"manifest.json": json.dumps(manifest).encode(), **files}.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))


def test_a_newer_schema(installation: Installation, file: Path) -> None:
    rewrite(file, lambda manifest, _files: manifest.update(revision="9999", version="7.0"))
    assert "schema 9999 of version 7.0" in refused(installation, file)


def test_a_newer_format(installation: Installation, file: Path) -> None:
    rewrite(file, lambda manifest, _files: manifest.update(format=2))
    assert "newer version" in refused(installation, file)


def test_another_database(installation: Installation, file: Path) -> None:
    rewrite(file, lambda manifest, _files: manifest.update(kind="postgresql"))
    assert "move-database" in refused(installation, file)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.97])
def test_a_changed_byte(installation: Installation, file: Path, share: float) -> None:
    content = bytearray(file.read_bytes())
    content[int(len(content) * share)] ^= 0x55
    file.write_bytes(content)
    assert "a.tar.gz" in refused(installation, file)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_part_of_the_file(installation: Installation, file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    assert "a.tar.gz" in refused(installation, file)


def test_what_is_no_backup(installation: Installation, file: Path, tmp_path: Path) -> None:
    file.write_text("hello")
    assert "no backup" in refused(installation, file)
    rewritten = tmp_path / "b.tar.gz"
    with tarfile.open(rewritten, "w:gz") as tar:
        tar.add(__file__, "readme.txt")
    assert "manifest" in refused(installation, rewritten)
    assert "no file" in refused(installation, tmp_path / "c.tar.gz")


def test_a_database_that_is_damaged_makes_no_backup(installation: Installation, tmp_path: Path) -> None:
    database = installation.settings.data_dir / "vllm-chat.db"
    with open(database, "r+b") as pages:
        pages.seek(4096 * 4)
        pages.write(b"\xff" * 4096 * 8)
    with pytest.raises(BackupError, match="damaged"):
        create(installation.settings, tmp_path / "b.tar.gz")
    assert not (tmp_path / "b.tar.gz").exists()


def changed(_manifest: dict[str, Any], files: Files) -> None:
    files["files/secret"] = b"x" * len(files["files/secret"])


def missing(_manifest: dict[str, Any], files: Files) -> None:
    del files["files/secret"]


def added(_manifest: dict[str, Any], files: Files) -> None:
    files["files/more"] = b"x"


def outside(manifest: dict[str, Any], files: Files) -> None:
    files["files/../../../outside"] = files.pop("files/secret")
    manifest["parts"][1]["name"] = "files/../../../outside"


def without_database(manifest: dict[str, Any], files: Files) -> None:
    del files["database"], manifest["parts"][0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (changed, "checksum of files/secret"),
        (missing, "files/secret is missing"),
        (added, "'files/more'"),
        (outside, "no backup has"),
        (without_database, "no database"),
    ],
)
def test_parts_that_are_not_what_the_manifest_says(
    installation: Installation, file: Path, change: Callable[[dict[str, Any], Files], None], words: str
) -> None:
    rewrite(file, change)
    assert words in refused(installation, file)
