"""The examples in docs/api.md and README.md, run as they stand there."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.clients import node_client
from tests.clients.access import Access
from tests.rig.server import ROOT

pytestmark = pytest.mark.vllm

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str, *languages: str) -> list[str]:
    """The examples of a page in these languages."""
    return [code for language, code in BLOCK.findall((ROOT / name).read_text()) if language in languages]


PYTHON = [(page, code) for page in ("docs/api.md", "README.md") for code in blocks(page, "python")]
SHELL = blocks("docs/api.md", "sh")
NODE = blocks("docs/api.md", "js")


def test_every_example_of_the_page_is_run(access: Access) -> None:
    languages = {language for language, _ in BLOCK.findall((ROOT / "docs/api.md").read_text())}
    assert languages == {"dotenv", "python", "sh", "js"}
    names = re.findall(r"^(\w+)=", "".join(blocks("docs/api.md", "dotenv")), re.MULTILINE)
    assert set(names) == set(access.variables)


@pytest.mark.parametrize(("page", "code"), PYTHON)
def test_python(
    access: Access, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], page: str, code: str
) -> None:
    for name, value in access.variables.items():
        monkeypatch.setenv(name, value)
    exec(compile(code, page, "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("code", SHELL)
def test_shell(access: Access, code: str) -> None:
    command = ["bash", "-euo", "pipefail", "-c", code]
    environment = {**os.environ, **access.variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "vllm-chat-demo" in done.stdout or '"tokens"' in done.stdout
    assert '"error"' not in done.stdout


@pytest.mark.parametrize("code", NODE)
def test_node(access: Access, node_folder: Path, code: str) -> None:
    (node_folder / "example.mjs").write_text(code)
    assert node_client.run(node_folder, "example.mjs", access.variables).strip()
