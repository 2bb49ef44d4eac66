"""Small crowds before the scripted engine: nothing stays behind, the refused know why, the admitted are answered."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import REGISTRY

from app.config import Settings
from loadtest import crowd
from loadtest.figures import percentile, quantile
from loadtest.idle import idle
from loadtest.local_server import LocalServer
from loadtest.overload import overload
from loadtest.visits import visits
from tests.app.serving import serving
from tests.rig.fixtures import RAISED_LIMITS
from tests.rig.server import SCRIPTED, server
from tests.scripted_engine import ScriptedEngine


@pytest.fixture(scope="module")
def scripted() -> Iterator[LocalServer]:
    with server({**RAISED_LIMITS, "SCRIPTED_DELAY": "0.02"}, module=SCRIPTED) as running:
        running.wait()
        yield LocalServer(running.url, running.process.popen.pid)


async def test_anonymous_visits_leave_nothing_behind_and_disturb_nobody(scripted: LocalServer) -> None:
    found = await visits(scripted, 400, users=2)
    assert found.statuses == {200, 303, 401}
    assert found.answers >= 2
    # A live page of NiceGUI for each would be 50 MB.
    assert found.grown_mb < 20


async def test_open_pages_stay_beside_users_who_chat(scripted: LocalServer) -> None:
    without, found = await idle(scripted, 50, users=3, seconds=2)
    assert (without.sockets, found.sockets) == (0, 50)
    assert min(without.answers, found.answers) >= 2
    assert found.lag_p99_ms < 500


async def test_too_many_questions_are_refused_while_the_engine_is_busy(make_settings: Callable[..., Settings]) -> None:
    engine = ScriptedEngine(slots=1)
    engine.gate.clear()
    labels = {"route": "/api/chat", "method": "POST", "status": "503"}
    before = REGISTRY.get_sample_value("chat_http_requests_total", labels) or 0.0

    async def open_when_all_are_told(refused: int) -> None:
        while REGISTRY.get_sample_value("chat_http_requests_total", labels) != before + refused:
            await asyncio.sleep(0.02)
        engine.gate.set()

    async with serving(make_settings(queue={"max_waiting": 2}, engine={"max_num_seqs": 1}), engine) as served:
        opening = asyncio.create_task(open_when_all_are_told(refused=5))
        async with asyncio.timeout(60):
            found = await overload(served.url, 8)
            await opening
    assert len(found.admitted) == 1 + 2
    assert all(one.whole and one.stored == 1 for one in found.admitted)
    assert len(found.refused) == 5
    for one in found.refused:
        assert (one.status, one.stored) == (503, 0)
        assert int(one.retry_after or 0) > 0
        assert one.known_seconds < 3  # for slow machines
    assert "8 questions at once: 3 admitted, of them 3 answered; 5 refused" in str(found)


def test_figures() -> None:
    assert quantile({0.1: 5, 1.0: 5}, {0.1: 104, 1.0: 105}, 0.99) == 0.1
    assert quantile({}, {0.1: 1, 1.0: 2}, 0.99) == 1.0
    assert str(quantile({}, {}, 0.99)) == "nan"
    assert percentile([3, 1, 2], 0.5) == 2
    assert str(percentile([], 0.5)) == "nan"


@pytest.mark.parametrize("name", crowd.DEFAULTS)
def test_settings_without_sense(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str) -> None:
    monkeypatch.setenv(name, "many")
    assert crowd.main() == 2
    assert capsys.readouterr().err.startswith("make crowd: ")
