"""The load test's verdict, from statistics as Locust writes them."""

import json
from pathlib import Path

import pytest

from loadtest import run
from loadtest.answer import Answer
from loadtest.report import Report, percentile
from tests.rig.ports import free_port


def report(tmp_path: Path, *rows: tuple[str, str, dict[str, int], int]) -> Report:
    path = tmp_path / "result.json"
    named = [
        {
            "method": method,
            "name": name,
            "response_times": times,
            "num_requests": sum(times.values()),
            "num_failures": bad,
        }
        for method, name, times, bad in rows
    ]
    path.write_text(json.dumps(named))
    return Report.from_locust(path)


def test_percentiles() -> None:
    histogram = {"10": 50, "200": 45, "3000": 5}
    assert [percentile(histogram, share) for share in (0.5, 0.95, 0.99)] == [10, 200, 3000]


def test_a_good_run(tmp_path: Path) -> None:
    good = report(tmp_path, ("SSE", "TTFT", {"150": 1000}, 0), ("SSE", "total", {"900": 1000}, 5))
    assert good.faults() == []
    assert "1000 questions, 99.50% answered" in good.table()


@pytest.mark.parametrize(
    ("ttft", "failures", "other", "words"),
    [
        ({"150": 94, "2100": 6}, 0, 0, "p95 of the first text is 2100 ms"),
        ({"150": 100}, 1, 0, "99.00% answered, less than 99.5%"),
        ({"150": 100}, 0, 2, "2 requests beside the answers failed"),
    ],
)
def test_each_fault(tmp_path: Path, ttft: dict[str, int], failures: int, other: int, words: str) -> None:
    rows = (("SSE", "TTFT", ttft, 0), ("SSE", "total", {"900": 100}, failures), ("GET", "/x", {"5": 9}, other))
    [fault] = report(tmp_path, *rows).faults()
    assert words in fault


def test_nothing_answered(tmp_path: Path) -> None:
    assert report(tmp_path).faults() == ["nothing was answered"]
    assert report(tmp_path, ("SSE", "total", {"5": 3}, 3)).faults() == ["nothing was answered"]


QUEUED = b'id: 1\nevent: queued\ndata: {"conversation_id": "c1"}\n\n'
DELTA = 'event: delta\ndata: {"text": "안녕"}\n\n'.encode()
DONE = b'event: done\ndata: {"finish_reason": "stop"}\n\n'


@pytest.mark.parametrize(
    ("chunks", "fault"),
    [
        ([QUEUED, DELTA, DELTA, DONE], None),
        ([QUEUED, DELTA], "the stream ended without done or error"),
        ([QUEUED, DONE], "done without an answer: stop"),
        ([QUEUED, b'event: error\ndata: {"code": "engine_lost", "message": "m"}\n\n'], "error engine_lost: m"),
    ],
)
def test_answers(chunks: list[bytes], fault: str | None) -> None:
    answer = Answer(start=0.0)
    answer.read(chunks)
    assert answer.fault == fault
    assert answer.conversation_id == "c1"
    assert answer.characters == 2 * chunks.count(DELTA)
    assert len(answer.gaps_ms) == max(0, chunks.count(DELTA) - 1)


@pytest.mark.parametrize(
    "settings", [{"USERS": "many"}, {"USERS": "0"}, {"DURATION": "soon"}, {"HOST": "localhost:8000"}]
)
def test_settings_without_sense(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: dict[str, str]
) -> None:
    for name in ("USERS", "DURATION", "HOST"):
        monkeypatch.setenv(name, settings.get(name, ""))
    assert run.main() == 2
    assert capsys.readouterr().err.startswith("make load: ")


def test_nothing_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in {"USERS": "1", "DURATION": "1s", "HOST": f"http://127.0.0.1:{free_port()}/"}.items():
        monkeypatch.setenv(name, value)
    assert run.main() == 1
    assert "nothing answers at http://127.0.0.1:" in capsys.readouterr().err
