"""The commands, beside a real server process."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.rig.server import environment, server

REMOTE = {"CHAT_ENGINE__KIND": "openai", "CHAT_ENGINE__BASE_URL": "http://127.0.0.1:1/v1", "CHAT_ENGINE__MODEL": "m"}
EMAIL, OLD, NEW = "root@example.com", "correct horse battery", "a new staple for it"


def run(settings: Mapping[str, str], *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment(settings),
        input=said,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_beside_a_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    given = {**REMOTE, "CHAT_DATA_DIR": str(data), "CHAT_ADMIN__EMAIL": EMAIL, "CHAT_ADMIN__PASSWORD": OLD}
    with server(given, data) as running:
        running.wait("/healthz", seconds=60)
        saved = run(given, "backup", str(tmp_path))
        assert saved.returncode == 0, saved.stderr
        (file,) = tmp_path.glob("backup-*.tar.gz")
        assert str(file) in saved.stdout
        refused = run(given, "restore", str(file), "--force")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "stop it first" in refused.stderr

        form = {"username": EMAIL, "password": OLD}
        with httpx.Client(base_url=running.url, trust_env=False) as client:
            token = client.post("/api/auth/jwt/login", data=form).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            assert client.get("/api/users/me").status_code == 200
            reset = run(given, "reset-password", EMAIL, said=NEW + "\n")
            assert reset.returncode == 0, reset.stderr
            assert NEW not in reset.stdout + reset.stderr
            # What another process has ended is known here a second later.
            running.process.wait_until(lambda: client.get("/api/users/me").status_code == 401, seconds=10)
            assert client.post("/api/auth/jwt/login", data=form).status_code == 401
            token = client.post("/api/auth/jwt/login", data=form | {"password": NEW}).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            audit = client.get("/api/admin/audit", params={"action": "password.reset"}).json()["items"]
            assert [row["actor_id"] for row in audit] == [None]
    assert run(given, "restore", str(file)).returncode == 1
    restored = run(given, "restore", str(file), "--force")
    assert restored.returncode == 0, restored.stderr
    assert "What was there before is in" in restored.stdout
    weak = run(given, "reset-password", EMAIL, said="\n")
    assert (weak.returncode, "Traceback" in weak.stderr) == (1, False)
