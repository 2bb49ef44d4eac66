"""The commands of the contract, as make would run them."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def make(*arguments: str, **variables: str) -> str:
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", **variables}
    return subprocess.check_output(["make", "--no-print-directory", *arguments], cwd=ROOT, env=environment, text=True)


def test_help_is_the_default_and_lists_the_commands() -> None:
    listed = {line.split()[1] for line in make().splitlines() if line.startswith("  make ")}
    assert {"help", "run", "test", "check", "load", "up", "down", "lock", "demo-model", "demo-eval"} <= listed


def test_the_port_reaches_the_server() -> None:
    assert make("-n", "run").splitlines()[-1] == "exec .venv/bin/python -m app serve"
    assert "CHAT_PORT=9000 exec .venv" in make("-n", "run", "PORT=9000")
    assert "CHAT_PORT=9001 exec .venv" in make("-n", "run", PORT="9001")


@pytest.mark.parametrize("target", ["test", "check", "load"])
def test_what_needs_test_tools_installs_them(target: str) -> None:
    assert "requirements.install --with test" in make("-n", target)


def test_a_gpu_is_given_to_the_container_when_asked() -> None:
    assert "compose.gpu.yml" in make("-n", "up", "BUILD=gpu")
    assert "compose.gpu.yml" not in make("-n", "up")
