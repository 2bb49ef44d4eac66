"""What docs/operations.md tells an operator to do can be done."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from app.cli import cli
from engine.choose import GPU_MODELS, _best_for
from engine.hardware import Gpu
from tests.rig.server import ROOT

TEXT = (ROOT / "docs/operations.md").read_text()
# Memory in MiB, as the driver tells it.
CARDS = {"RTX 3090": 24576, "RTX 4090": 24564, "A100": 81920, "H200": 143771}
TOKEN = 36 * 8 * 128 * 2 * 2
SIZES = re.compile(
    r"^\| ([\w ]+?)( ×2)?(?: \(.*?\))? \| (0\.\d+).*? \| ([\w/.-]+) \| ([\d.]+) GB, ([\d ]+) tokens \| (\d+)", re.M
)


def test_files_that_it_names_are_there() -> None:
    files = set(re.findall(r"`((?:docker|nginx)/[\w./-]+)`", TEXT)) | set(re.findall(r" (docker/[\w./-]+\w) ", TEXT))
    links = set(re.findall(r"\]\(([\w./-]+)\)", TEXT))
    assert {name for name in files if not (ROOT / name.removesuffix("/secrets.env")).exists()} == set()
    assert {name for name in links if not (ROOT / "docs" / name).exists()} == set()


def test_commands_that_it_names_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`(?:[^`]*&& )?make ([a-z-]+)", TEXT)) <= targets
    known = {command.name or command.callback.__name__ for command in cli.registered_commands if command.callback}
    assert set(re.findall(r"(?<![/\w])(?<!-n )(?:vllm-chat|python -m app) ([a-z][a-z-]+)(?=[\s`.])", TEXT)) <= known


def test_sizes_are_computed_as_it_says() -> None:
    rows = SIZES.findall(TEXT)
    assert len(rows) == 6
    for name, twice, share, model, room, tokens, at_once in rows:
        count = 2 if twice else 1
        cards = [Gpu(name, CARDS[name] * 2**20)] * count
        assert _best_for(cards, float(share)) == f"Qwen/{model}"
        weights = dict(GPU_MODELS)[f"Qwen/{model}"]
        free = float(share) * cards[0].memory * count - weights - count * 1e9
        assert room == f"{free / 1e9:.1f}"
        assert abs(int(tokens.replace(" ", "")) - free / TOKEN) < 1000
        assert int(at_once) == min(128, int(free / TOKEN / 2000))


def test_a_renewed_certificate_reaches_the_container(tmp_path: Path) -> None:
    project, lineage, tools = tmp_path / "project", tmp_path / "live", tmp_path / "bin"
    for folder in (project / "docker/tls", lineage, tools):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "docker/renewed", project / "docker/renewed")
    for name in ("fullchain.pem", "privkey.pem"):
        (lineage / name).write_text(name)
    (tools / "docker").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/said\n')
    (tools / "docker").chmod(0o755)
    env = {"PATH": f"{tools}:{os.environ['PATH']}", "RENEWED_LINEAGE": str(lineage)}
    subprocess.run([project / "docker/renewed"], env=env, check=True)
    for name in ("fullchain.pem", "privkey.pem"):
        assert (project / "docker/tls" / name).read_text() == name
        assert (project / "docker/tls" / name).stat().st_mode & 0o777 == 0o600
    said = (tmp_path / "said").read_text()
    assert said.endswith("exec -T nginx nginx -s reload\n")
    assert (ROOT / re.findall(r"-f (\S+)", said)[0]).exists()
