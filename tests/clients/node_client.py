"""OpenAI's npm client in a folder of its own."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "node"
UNREACHABLE = re.compile(r"code (ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|E403)")


def installed(folder: Path) -> Path:
    """`folder` with the client in it, by the committed lock. Skips the test where that cannot be had."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}: make test as root installs it")
    for name in ("package.json", "package-lock.json", "check.mjs"):
        shutil.copy(SOURCES / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=150)
    if UNREACHABLE.search(done.stderr):
        pytest.skip("needs the npm registry, which does not answer")
    assert done.returncode == 0, done.stderr
    return folder


def run(folder: Path, script: str, variables: dict[str, str]) -> str:
    """What the script prints."""
    done = subprocess.run(
        ["node", script], cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
