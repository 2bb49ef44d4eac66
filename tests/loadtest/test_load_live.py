"""`make load` small, on a real server: every scenario does what it should and gives its figures."""

from pathlib import Path

import pytest

from loadtest.plan import Plan
from loadtest.run import run
from loadtest.scenarios import NAMES
from tests.rig.server import Server

pytestmark = pytest.mark.vllm


def test_all_scenarios(live_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREEDY", "3")
    monkeypatch.setenv("LONG_CHARACTERS", "400")
    html = tmp_path / "report" / "load.html"
    given = {"HOST": live_server.url, "USERS": "10", "DURATION": "30s", "SCENARIOS": " ".join(NAMES)}
    report = run(Plan.of(given | {"REPORT": str(html)}))
    assert report.scenarios == list(NAMES)
    assert report.operations.failures == report.others.failures == 0, report
    asking = [name for name in NAMES if name != "storm"]
    for name in asking:
        assert report.row("answer", name).count > 0, name
        assert report.row("TTFT", name).count > 0, name
    for name, scenarios in {
        "ITL": asking,
        "queue": [name for name in asking if name not in ("page", "openai")],
        "tokens/s": [name for name in asking if name not in ("page", "stop")],
        "open": ["page"],
        "sign-in": ["storm"],
    }.items():
        for scenario in scenarios:
            assert report.row(name, scenario).count > 0, (scenario, name)
    assert all(name in report.table() for name in NAMES)
    assert "TTFT" in html.read_text()


def test_a_spike(live_server: Server, tmp_path: Path) -> None:
    given = {"HOST": live_server.url, "USERS": "4", "DURATION": "5s", "SCENARIOS": "api", "SHAPE": "spike"}
    report = run(Plan.of(given | {"REPORT": str(tmp_path / "load.html")}))
    # All of them came in the middle of it.
    assert report.rows["POST", "/api/auth/register"].count == 4
