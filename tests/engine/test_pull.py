"""Models from a hub: pinned to a revision, compared with its checksums, then used without it."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine import checksums
from engine.choose import choose_model
from engine.errors import EngineConfigError
from tests.rig.server import ROOT

COMMITS = {"v1": "1" * 40, "main": "2" * 40}
WEIGHTS = b"weights" * 1000


def files(commit: str) -> dict[str, bytes]:
    return {"config.json": json.dumps({"commit": commit}).encode(), "model.safetensors": WEIGHTS, "evil.py": b"boom"}


@dataclass
class Hub:
    """A model hub on this machine with one model; `told` is the sum of its weights that it gives."""

    url: str = ""
    told: str = hashlib.sha256(WEIGHTS).hexdigest()
    fetched: list[str] = field(default_factory=list)

    def info(self, revision: str) -> bytes:
        commit = COMMITS[revision]
        siblings = [
            {
                "rfilename": name,
                "size": len(data),
                "blobId": "0" * 40,
                **(
                    {"lfs": {"sha256": self.told, "size": len(data), "pointerSize": 1}}
                    if name.endswith("tensors")
                    else {}
                ),
            }
            for name, data in files(commit).items()
        ]
        return json.dumps({"id": "org/tiny", "sha": commit, "siblings": siblings, "tags": ["license:mit"]}).encode()


@pytest.fixture
def hub() -> Iterator[Hub]:
    served = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path.startswith("/api/models/org/tiny"):
                data, headers = served.info(path.rpartition("/revision/")[2] if "/revision/" in path else "main"), {}
            else:
                _, _, rest = path.partition("/org/tiny/resolve/")
                commit, _, name = rest.partition("/")
                data = files(commit)[name]
                headers = {"X-Repo-Commit": commit, "ETag": f'"{hashlib.sha1(data).hexdigest()}"'}
                if self.command == "GET":
                    served.fetched.append(name)
            self.send_response(200)
            for key, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        do_HEAD = do_GET

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def run(home: Path, hub: Hub, *command: str, offline: bool = False) -> tuple[int, str]:
    """Exit code and output of the command line."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("CHAT_", "HF_"))}
    ours |= {"PYTHONPATH": str(ROOT), "HF_ENDPOINT": hub.url, "HF_HOME": str(home / "hf"), "HF_HUB_DISABLE_XET": "1"}
    ours |= {"CHAT_ENGINE__MODEL": "org/tiny@v1", "CHAT_DATA_DIR": str(home / "data"), "NO_PROXY": "*"}
    ours |= {"HF_HUB_OFFLINE": "1"} if offline else {}
    done = subprocess.run(
        [sys.executable, "-m", "app", *command], cwd=home, env=ours, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_pinned_model_is_fetched_compared_and_then_used_without_the_hub(hub: Hub, tmp_path: Path) -> None:
    right, hub.told = hub.told, "0" * 64
    code, said = run(tmp_path, hub, "pull", "org/tiny@v1")
    assert (code, "model.safetensors is damaged" in said) == (1, True), said
    hub.told = right
    code, said = run(tmp_path, hub, "pull", "org/tiny@v1")
    assert code == 0, said
    assert hub.fetched == ["config.json", "model.safetensors", "model.safetensors"]
    [directory] = (tmp_path / "hf/hub/models--org--tiny/snapshots").iterdir()
    assert directory.name == COMMITS["v1"]
    assert (
        subprocess.run(["sha256sum", "--check", "--quiet", checksums.NAME], cwd=directory, check=False).returncode == 0
    )
    hub.url = "http://127.0.0.1:9"
    _, said = run(tmp_path, hub, "doctor", offline=True)
    assert "org/tiny (CHAT_ENGINE__MODEL), its checksums are right" in said
    (directory / "model.safetensors").resolve().write_bytes(WEIGHTS + b"x")
    _, said = run(tmp_path, hub, "doctor", offline=True)
    assert "FAIL  model: org/tiny (CHAT_ENGINE__MODEL): model.safetensors changed" in said


def test_a_directory_keeps_its_sums(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(WEIGHTS)
    checksums.record(str(tmp_path), {})
    assert checksums.recorded(str(tmp_path))
    assert checksums.differences(str(tmp_path)) == []
    (tmp_path / "more.safetensors").write_bytes(b"x")
    (tmp_path / "config.json").unlink()
    assert checksums.differences(str(tmp_path)) == ["config.json", "more.safetensors"]
    with pytest.raises(EngineConfigError, match="damaged"):
        checksums.record(str(tmp_path), {"more.safetensors": "0" * 64})


def test_the_revision_is_no_part_of_the_name() -> None:
    choice = choose_model("org/tiny@v1", (), 0.5)
    assert (choice.source, choice.name) == ("org/tiny@v1", "org/tiny")
