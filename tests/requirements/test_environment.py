"""A real environment, from a wheel of our own instead of an index: made, repaired, interrupted, refused."""

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from requirements import install
from requirements.environment import Environment

CODE = b"ANSWER = 42\n"


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """base.lock with one package, which pip finds in a folder and nowhere else."""
    wheels, folder = tmp_path / "wheels", tmp_path / "locks"
    wheels.mkdir()
    folder.mkdir()
    wheel = wheels / "chat_probe-1.0-py3-none-any.whl"
    info = "chat_probe-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("chat_probe.py", CODE)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: chat-probe\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(
            f"{info}/RECORD", f"chat_probe.py,,{len(CODE)}\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
    write_lock(folder, hashlib.sha256(wheel.read_bytes()).hexdigest())
    monkeypatch.setattr(install, "LOCKS", folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return folder


def write_lock(folder: Path, digest: str) -> None:
    (folder / "base.lock").write_text(f"chat-probe==1.0 --hash=sha256:{digest}\n")


def test_made_repaired_and_refused(tmp_path: Path, locks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    venv = Environment(tmp_path / "a venv", tmp_path)
    call = ["--build", "base", "--venv", str(venv.path)]
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text("import sys, chat_probe; print(chat_probe.ANSWER, sys.argv[1:])")

    assert install.main(call) == 0
    assert "install: done" in capsys.readouterr().out
    venv.write_command()  # for the app in tmp_path, not the project's own
    command = venv.path / "bin" / "vllm-chat"
    assert subprocess.check_output([command, "serve"], text=True, cwd="/") == "42 ['serve']\n"

    # An installation that was cut off: no stamp, and half a file that pip would take for installed.
    [module] = venv.path.glob("lib/*/site-packages/chat_probe.py")
    module.write_bytes(CODE[:3])
    (venv.path / "installed.json").unlink()
    assert install.main(call) == 0
    assert "repairing chat_probe-1.0" in capsys.readouterr().out
    assert module.read_bytes() == CODE

    # An environment whose interpreter is gone is made anew.
    venv.python.unlink()
    assert install.main(call) == 0
    assert venv.works()
    capsys.readouterr()

    # A file that is not the locked one is refused, in two lines, and the next call does not believe it is done.
    write_lock(locks, "0" * 64)
    [info] = venv.path.glob("lib/*/site-packages/chat_probe-1.0.dist-info")
    (info / "RECORD").unlink()
    assert install.main(call) == 1
    told = capsys.readouterr().err
    assert "DO NOT MATCH THE HASHES" in told
    assert len(told.splitlines()) == 2
    stamp = venv.read_stamp()
    assert stamp is not None
    assert stamp.locks == {}
