"""The installer's decisions and messages. Nothing here reaches a network."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from requirements import debian, install, platforms
from requirements.environment import Environment, InstallError, Stamp, digest

ROOT = Path(__file__).resolve().parents[2]
CPU = platforms.BUILDS["cpu"]


def finished(folder: Path, with_test: bool = False) -> Environment:
    """A folder that looks like a finished environment."""
    environment = Environment(folder, ROOT)
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    environment.write_stamp(install.wanted(CPU, with_test))
    return environment


def test_nothing_to_do_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finished(tmp_path)
    assert install.main(["--build", "cpu", "--venv", str(tmp_path)]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_second_call_is_quick(tmp_path: Path) -> None:
    finished(tmp_path)
    command = [sys.executable, "-m", "requirements.install", "--build", "cpu", "--venv", str(tmp_path)]
    took = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True)
        took.append(time.perf_counter() - begin)
    assert min(took) < 0.3


def test_the_stamp_names_all_it_depends_on(tmp_path: Path) -> None:
    stamp = install.wanted(CPU, with_test=True)
    assert stamp.locks == {
        "cpu.lock": digest(ROOT / "requirements/cpu.lock"),
        "test.lock": digest(ROOT / "requirements/test.lock"),
        "torch": install.torch_version(),
    }
    assert finished(tmp_path / "venv").read_stamp() == install.wanted(CPU, with_test=False)


@pytest.mark.parametrize(
    ("other", "covered"),
    [
        (Stamp("cpu", "3.11", {"cpu.lock": "a"}), True),
        (Stamp("cpu", "3.11", {"cpu.lock": "a", "test.lock": "b"}), False),
        (Stamp("cpu", "3.11", {"cpu.lock": "changed"}), False),
        (Stamp("cpu", "3.12", {"cpu.lock": "a"}), False),
        (Stamp("gpu", "3.11", {"cpu.lock": "a"}), False),
    ],
)
def test_what_a_stamp_covers(other: Stamp, covered: bool) -> None:
    assert Stamp("cpu", "3.11", {"cpu.lock": "a", "torch": "t"}).covers(other) is covered


@pytest.mark.parametrize("text", ["", "{", "[]", '{"build": "cpu"}'])
def test_a_broken_stamp_is_none(tmp_path: Path, text: str) -> None:
    environment = finished(tmp_path)
    (tmp_path / "installed.json").write_text(text)
    assert environment.read_stamp() is None


def test_a_lost_interpreter_is_noticed(tmp_path: Path) -> None:
    environment = finished(tmp_path)
    environment.python.unlink()
    environment.python.symlink_to("/nowhere/python3")
    assert environment.read_stamp() is None
    assert not environment.works()


class Pip(Environment):
    """Fails for every index but `good`."""

    calls: list[list[str]]
    good: str

    def pip(self, arguments: object) -> str:
        assert isinstance(arguments, list)
        self.calls.append(arguments)
        return "" if self.good in arguments else "ERROR: No matching distribution found"


@pytest.mark.parametrize(("good", "calls"), [(f"torch=={install.torch_version()}", 1), (install.TORCH_INDEX, 2)])
def test_torch_comes_from_pips_own_places_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: str, calls: int
) -> None:
    monkeypatch.setattr(Pip, "calls", [], raising=False)
    monkeypatch.setattr(Pip, "good", good, raising=False)
    install.install_torch(Pip(tmp_path, ROOT))
    assert len(Pip.calls) == calls
    assert install.TORCH_INDEX not in Pip.calls[0]


def test_torch_nowhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pip, "calls", [], raising=False)
    monkeypatch.setattr(Pip, "good", "none", raising=False)
    with pytest.raises(InstallError, match=r"\+cpu was found neither where pip looks nor at https://download"):
        install.install_torch(Pip(tmp_path, ROOT))


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "TMPDIR"),
        ("WARNING: Retrying after NewConnectionError\nERROR: No matching distribution found for x", "network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "pip cache purge"),
        ("ERROR: No matching distribution found for x==1", "no file for this Python"),
        ("something else", "see pip's words"),
    ],
)
def test_pips_failures_get_a_remedy(error: str, remedy: str) -> None:
    words = install.explain(error)
    assert remedy in words
    assert len(words.splitlines()) == 2


def test_a_missing_venv_module_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else real(name))
    monkeypatch.setattr(install, "_loads", lambda library: library != "libnuma.so.1")
    packages = install.missing_packages(CPU)
    assert packages == [f"python3.{sys.version_info[1]}-venv", "libnuma1"]
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(debian.DebianError, match=r"sudo apt-get update && sudo apt-get install -y python3.* libnuma1"):
        debian.install(packages)


def test_too_old_a_python_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(platforms, "python_fits", lambda: False)
    assert install.main([]) == 1
    assert "Python 3.11 to 3.14 is needed" in capsys.readouterr().out


def test_a_full_disk_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10**9))
    assert install.main(["--build", "cpu", "--venv", str(tmp_path / "venv")]) == 1
    assert "3.2 GB of disk are needed" in capsys.readouterr().err
    assert not (tmp_path / "venv").exists()
