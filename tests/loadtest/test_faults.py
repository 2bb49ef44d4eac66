"""The fault suite's judgement, and a few faults of it with the scripted engine."""

import shutil
import subprocess
import sys
from typing import Any

import psutil
import pytest

from loadtest.bench.restart import engine_core
from loadtest.faults import __main__ as command
from loadtest.faults import diary, report
from loadtest.faults.campaign import campaign
from loadtest.faults.diary import Asked, Diary, Try
from loadtest.faults.kinds import FAULTS, PROOF
from loadtest.faults.ledger import lost
from loadtest.faults.memory import common_slope
from loadtest.faults.site import site
from tests.rig.fixtures import need
from tests.rig.nginx import find_nginx
from tests.rig.postgres import bin_directory


def asked(text: str, end: str, **more: Any) -> Asked:
    return Asked(1.0, 0, generation_id="g", conversation_id="c", message_id="m", text=text, end=end, **more)


@pytest.mark.parametrize(
    ("seen", "status", "content"),
    [
        (asked("whole", "done"), "done", "whole"),
        (asked("wh", "error"), "interrupted", "whole"),
        (asked("wh", "error"), "done", "whole"),
        (asked("wh", ""), "error", "whole"),
        (asked("", ""), "cancelled", ""),
    ],
)
def test_what_is_kept(seen: Asked, status: str, content: str) -> None:
    assert lost(seen, {"status": status, "content": content}) == ""


@pytest.mark.parametrize(
    ("seen", "status", "content"),
    [
        (asked("whole", "done"), "done", "whol"),
        (asked("whole", "done"), "done", "whole and more"),
        (asked("whole", "done"), "interrupted", "whole"),
        (asked("wh", "error"), "interrupted", "w"),
        (asked("wh", ""), "running", "whole"),
        (asked("wh", "", wrong="event 4 delta behind 2"), "done", "whole"),
    ],
)
def test_what_is_lost(seen: Asked, status: str, content: str) -> None:
    assert lost(seen, {"status": status, "content": content})


def test_accepted_and_not_there_is_lost() -> None:
    assert lost(asked("", ""), None)
    assert lost(Asked(1.0, 0), None)


def test_a_diary_is_read_as_it_was_written(tmp_path: Any) -> None:
    book = Diary(tmp_path)
    tries = [Try(1.0, "ask", 1, 503, "storage_unavailable"), Try(2.0, "ask", 2, 200), Try(3.0, "read", 1, 200)]
    for one in tries:
        book.write(one)
    book.write(asked("글", "done", ended_at=4.0))
    seen = diary.read(tmp_path)
    assert (seen.tries, seen.asked) == (tries, [asked("글", "done", ended_at=4.0)])
    assert report.first_tries(seen) == "1 of 2 (50.0%)"
    assert report.counted(report.noticed(seen)) == "ask: 503 storage_unavailable ×1"
    assert (seen.between(2.0, 4.0).tries, seen.between(2.0, 4.0).asked) == (tries[1:], [])


def test_one_slope_over_processes_that_come_and_go() -> None:
    first = [(60.0 * minute, 500.0 + 3 * minute) for minute in range(5)]
    second = [(60.0 * minute, 600.0 + 3 * minute) for minute in range(9)]
    assert common_slope([first, second, [(0.0, 1.0)]]) == pytest.approx((3.0, 0.0), abs=1e-9)
    bumpy = [(x, y + (-1) ** number) for number, (x, y) in enumerate(second)]
    found = common_slope([bumpy])
    assert found is not None
    assert found[1] > 0.05
    assert common_slope([first[:2]]) is None


@pytest.mark.parametrize(
    "wrong", [{"USERS": "many"}, {"MINUTES": "0"}, {"ENGINE": "steam"}, {"FAULTS": "flood"}, {"FAULTS": "engine_kill"}]
)
def test_settings_without_sense(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: dict[str, str]
) -> None:
    for name, value in ({"ENGINE": "scripted"} | wrong).items():
        monkeypatch.setenv(name, value)
    assert command.main("faults") == 2
    assert capsys.readouterr().err.startswith("make faults: ")


def test_the_proof_is_made_of_faults_that_there_are() -> None:
    assert set(PROOF) <= set(FAULTS)


@pytest.mark.timeout(300)
def test_nothing_is_lost_when_postgresql_restarts_and_a_server_is_killed() -> None:
    need(bin_directory(), "postgresql")
    need(shutil.which("redis-server"), "redis-server")
    need(find_nginx(), "nginx-light")
    with site("scripted", {"SCRIPTED_DELAY": "0.01"}) as running:
        faults = [FAULTS[name] for name in ("postgres_restart", "replica_kill")]
        result = campaign(running, faults, users=6, calm=3.0)
    assert result.ledger.lost == {}
    assert result.ledger.doubled == []
    assert [window.name for window in result.windows if window.recovered is None] == []
    assert len(result.seen.asked) > 5
    assert "`replica_kill`" in report.table(result)


def test_a_dead_engine_that_nobody_has_buried_is_none() -> None:
    code = """
import os, time
child = os.fork() or os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
print(flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdout
            parent.stdout.readline()
            assert [child.status() for child in psutil.Process(parent.pid).children()] == [psutil.STATUS_ZOMBIE]
            with pytest.raises(LookupError):
                engine_core(parent.pid)
        finally:
            parent.kill()
