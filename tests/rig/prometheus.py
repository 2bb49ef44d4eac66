"""A real Prometheus with our own configuration and rules, looking at a server every second."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import Process, RigError, running
from tests.rig.server import ROOT

FOLDER = ROOT / "docker" / "prometheus"


@dataclass
class Prometheus:
    """A running server; ask it in PromQL."""

    process: Process
    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query. AssertionError with Prometheus' words when it is none."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=10, trust_env=False)
        assert answer.status_code == 200, f"{expression}: {answer.text}"
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        return {one["metric"]["alertname"] for one in self.query('ALERTS{alertstate="firing"}')}


@contextlib.contextmanager
def prometheus(target: str, scaled: Callable[[str], str]) -> Iterator[Prometheus]:
    """Scrape `target` (host:port). `scaled` may shorten the windows in the text of the alerts."""
    binary = shutil.which("prometheus")
    if binary is None:
        raise RigError("Prometheus is not installed (Debian package prometheus)")
    with tempfile.TemporaryDirectory(prefix="chat-prometheus-") as name:
        folder, port = Path(name), free_port()
        config = (FOLDER / "prometheus.yml").read_text().replace("app:8000", target)
        config = config.replace("scrape_interval: 5s", "scrape_interval: 1s").replace("interval: 15s", "interval: 1s")
        (folder / "prometheus.yml").write_text(config.replace("localhost:9090", f"{LOOPBACK}:{port}"))
        (folder / "rules").mkdir()
        for rules in (FOLDER / "rules").iterdir():
            (folder / "rules" / rules.name).write_text(
                scaled(rules.read_text().replace("interval: 15s", "interval: 1s"))
            )
        command = [
            binary,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={LOOPBACK}:{port}",
        ]
        with running(command, folder / "log") as process:
            instance = Prometheus(process, f"http://{LOOPBACK}:{port}")
            process.wait_until(lambda: _ready(instance.url), seconds=30)
            yield instance


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
