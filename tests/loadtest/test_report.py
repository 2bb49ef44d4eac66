"""The load test's verdict, from statistics as Locust writes them, and what it is asked to do."""

import json
from pathlib import Path

import pytest

from loadtest import run
from loadtest.answer import CUT_OFF, Answer
from loadtest.plan import Plan
from loadtest.report import Report, Thresholds, percentile
from loadtest.scenarios import DAILY, class_name
from loadtest.shapes import users_at
from tests.rig.ports import free_port

VARIABLES = ("USERS", "DURATION", "HOST", "SCENARIOS", "SHAPE", "TTFT_P95", "AVAILABILITY", "REPORT")
Line = tuple[str, str, dict[str, int], int]


def report(tmp_path: Path, *rows: Line) -> Report:
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
    good = report(
        tmp_path,
        ("api", "TTFT", {"150": 900}, 0),
        ("page", "TTFT", {"350": 100}, 0),
        ("greedy", "TTFT", {"9000": 1000}, 0),
        ("api", "answer", {"900": 900}, 5),
        ("page", "answer", {"900": 100}, 0),
        ("greedy", "refused", {"3": 70}, 0),
        ("GET", "/x", {"5": 9}, 0),
    )
    passed, lines = good.verdict(Thresholds())
    assert passed
    # A greedy user waits, that is no fault.
    assert lines[0] == "ok: TTFT p95 0.35 s (at most 2 s)"
    assert lines[1] == "ok: availability 99.50 % of 1000 (at least 99.5 %)"
    assert "greedy: 70 x refused, p50 3 ms" in good.table()


@pytest.mark.parametrize(
    ("ttft", "failures", "other", "words"),
    [
        ({"150": 94, "2100": 6}, 0, 0, "FAILED: TTFT p95 2.10 s (at most 2 s)"),
        ({"150": 100}, 1, 0, "FAILED: availability 99.00 % of 100 (at least 99.5 %)"),
        ({"150": 100}, 0, 2, "FAILED: other requests 77.78 % of 9 (at least 99.5 %)"),
        ({}, 100, 0, "FAILED: nothing was answered"),
    ],
)
def test_each_fault(tmp_path: Path, ttft: dict[str, int], failures: int, other: int, words: str) -> None:
    rows: list[Line] = [("api", "answer", {"900": 100}, failures), ("GET", "/x", {"5": 9}, other)]
    passed, lines = report(tmp_path, *rows, ("api", "TTFT", ttft, 0)).verdict(Thresholds())
    assert not passed
    assert words in lines


def test_nothing_was_done(tmp_path: Path) -> None:
    assert report(tmp_path).verdict(Thresholds()) == (False, ["FAILED: nothing was done"])


def test_those_who_ask_nothing_need_no_first_text(tmp_path: Path) -> None:
    passed, [line] = report(tmp_path, ("storm", "sign-in", {"300": 9}, 0)).verdict(Thresholds())
    assert passed
    assert line == "ok: availability 100.00 % of 9 (at least 99.5 %)"


@pytest.mark.parametrize(
    ("limits", "code"), [({}, 0), ({"TTFT_P95": "0.1"}, 1), ({"AVAILABILITY": "99.95"}, 1), ({"TTFT_P95": "0.5"}, 0)]
)
def test_thresholds_decide_the_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    limits: dict[str, str],
    code: int,
) -> None:
    found = report(tmp_path, ("api", "TTFT", {"150": 1000}, 0), ("api", "answer", {"900": 1000}, 1))
    monkeypatch.setattr(run, "run", lambda plan: found)
    for name in VARIABLES:
        monkeypatch.setenv(name, limits.get(name, ""))
    assert run.main() == code
    assert capsys.readouterr().out.endswith("the thresholds hold\n" if code == 0 else "the thresholds do not hold\n")


def test_a_plan() -> None:
    usual = Plan.of({})
    assert (usual.users, usual.seconds, usual.scenarios, usual.shape) == (12, 60, DAILY, "")
    plan = Plan.of({"SCENARIOS": "page,greedy page", "DURATION": "1h2m3", "SHAPE": "soak", "HOST": "https://x.org/"})
    assert (plan.scenarios, plan.seconds, plan.host) == (("page", "greedy"), 3723, "https://x.org")
    assert Plan.of({"SHAPE": "soak"}).seconds == 3600
    assert class_name("openai") == "OpenaiUser"


@pytest.mark.parametrize(
    ("shape", "users"),
    [("step", [3, 6, 9, 12, 12]), ("spike", [3, 3, 12, 3, 3]), ("soak", [1, 12, 12, 12, 12])],
)
def test_shapes(shape: str, users: list[int]) -> None:
    assert [users_at(shape, 12, share) for share in (0.0, 0.25, 0.5, 0.75, 0.99)] == users


QUEUED = b'id: 1\nevent: queued\ndata: {"conversation_id": "c1", "generation_id": "g1"}\n\n'
DELTA = 'event: delta\ndata: {"text": "안녕"}\n\n'.encode()
DONE = b'id: 4\nevent: done\ndata: {"finish_reason": "stop", "usage": {"completion_tokens": 3}}\n\n'


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


def test_an_answer_is_left_and_come_back_to() -> None:
    answer = Answer(start=0.0)
    answer.read([QUEUED, DELTA, DELTA, DONE], enough=2)
    left = answer.fault
    assert (answer.generation_id, answer.last_id, left) == ("g1", "1", CUT_OFF)
    answer.read([DONE])
    assert (answer.fault, answer.last_id, answer.tokens) == (None, "4", 3)
    assert answer.tokens_per_second == pytest.approx(2 / (answer.gaps_ms[0] / 1000))


@pytest.mark.parametrize(
    "settings",
    [
        {"USERS": "many"},
        {"USERS": "0"},
        {"DURATION": "soon"},
        {"DURATION": "0s"},
        {"HOST": "localhost:8000"},
        {"SCENARIOS": "page dance"},
        {"SHAPE": "round"},
        {"TTFT_P95": "fast"},
        {"AVAILABILITY": "all"},
    ],
)
def test_settings_without_sense(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: dict[str, str]
) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, settings.get(name, ""))
    assert run.main() == 2
    assert capsys.readouterr().err.startswith(f"make load: {next(iter(settings))}")


def test_nothing_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    here = {"USERS": "1", "DURATION": "1s", "HOST": f"http://127.0.0.1:{free_port()}/"}
    for name in VARIABLES:
        monkeypatch.setenv(name, here.get(name, ""))
    assert run.main() == 1
    assert "nothing answers at http://127.0.0.1:" in capsys.readouterr().err
