"""Each row of the benchmark once, very small, on a real server: figures come, whatever they are."""

from pathlib import Path

import pytest

from loadtest.bench import (
    conversations,
    fairness,
    log_cost,
    metrics_cost,
    pages,
    prediction,
    restart,
    second_turn,
    throughput,
)
from loadtest.bench.row import Figures, Row
from loadtest.bench.scripted import markdown, scripted
from loadtest.bench.streams import Load
from loadtest.bench.vllm_server import vllm_server
from loadtest.local_server import LocalServer
from loadtest.soak import soak
from tests.e2e.api import sign_in
from tests.rig.fixtures import ADMIN
from tests.rig.server import Server, server

pytestmark = pytest.mark.vllm


def complete(row: Row, found: Figures, *optional: str) -> None:
    """Every line has a figure."""
    assert {line.key for line in row.lines} - set(optional) <= set(found)
    assert "not measured" not in row.table([dict(found) | dict.fromkeys(optional, 0.0)])


async def test_fairness(live_server: Server) -> None:
    size = fairness.Size(tokens=4, backlog=6, singles=2, queued_singles=1, backlogs=(2, 2, 4), seconds=1)
    complete(fairness.ROW, await fairness.measure(live_server.url, size))


async def test_conversations(live_server: Server) -> None:
    size = conversations.Size(conversations=30, messages=60, few=3, rounds=1)
    complete(conversations.ROW, await conversations.compare(live_server.url, size))


async def test_the_page_of_metrics(live_server: Server) -> None:
    running = LocalServer(live_server.url, live_server.process.popen.pid)
    size = metrics_cost.Size(Load(2, 1, 4), accounts=2, scrapes=20)
    found = await metrics_cost.measure(running, size, await metrics_cost.fill(running, size))
    complete(metrics_cost.ROW, found)
    assert (found["answers"], found["series"] > 300) == (4, True)


async def test_the_request_log() -> None:
    with server({"CHAT_ENGINE__MODEL": "demo", **ADMIN}, module=log_cost.MODULE) as instance:
        instance.wait()
        running = LocalServer(instance.url, instance.process.popen.pid)
        async with throughput.keys(running.url, 2) as own:
            complete(log_cost.ROW, await log_cost.measure(running, own, log_cost.Size(Load(2, 1, 4), turns=2)))
        with sign_in(running.url, ADMIN["CHAT_ADMIN__EMAIL"]) as admin:
            rows = admin.get("/api/admin/requests").json()["items"]
        lines = [line for line in instance.log().splitlines() if "path=/v1/chat/completions" in line]
    # Sixteen answers, of which eight were asked for with the log; the two that end as it changes may belong to either.
    assert 6 <= len(rows) <= 10
    assert 6 <= len(lines) <= 10


@pytest.mark.browser
async def test_pages() -> None:
    size = pages.Size(pages=2, seconds=1, spread=0, characters=400, per_second=100)
    with scripted(markdown(size.characters), size.per_second, 0) as server:
        found = await pages.measure(server, size)
    assert found["answers"] >= 3
    assert 0 < found["ttft"] < 60_000
    assert 0 < found["browser"] < 60_000
    assert found["lag"] > 0


async def test_prediction(live_server: Server) -> None:
    size = prediction.Size(depths=(1, 4), rounds=2, accounts=2, tokens=4, words=(4, 60))
    found = prediction.figures(await prediction.collect(live_server.url, size, seed=1))
    complete(prediction.ROW, found, "waited", "wait", "place", "cached")
    assert found["count"] == 10


async def test_second_turn(live_server: Server) -> None:
    size = second_turn.Size(sentences=40, turns=3, tokens=2)
    found = second_turn.figures(await second_turn.converse(live_server.url, size))
    complete(second_turn.ROW, found)
    assert found["share"] > 0


async def test_the_answer_goes_on_after_the_engine_was_killed() -> None:
    with server({"CHAT_ENGINE__MODEL": "demo"}) as own:
        own.wait()
        assert await restart.ours(own.url, own.process.popen.pid) > 0


@pytest.mark.timeout(600)  # two more processes import vLLM
async def test_throughput(live_server: Server) -> None:
    running = LocalServer(live_server.url, live_server.process.popen.pid)
    async with throughput.sides(running, accounts=2) as compared:
        found = await throughput.one_pass(compared, 0, (Load(1, 1, 8), Load(32, 1, 4), Load(64, 1, 4)))
    complete(throughput.ROW, found)
    assert all(value > 0 for value in found.values())
    assert throughput.details([found]).count("\n| 64 |") == 4


def test_vllms_own_server_answers() -> None:
    with vllm_server() as own:
        own.wait()
        assert own.first_token() > 0
        own.kill()


async def test_soak(live_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running = LocalServer(live_server.url, live_server.process.popen.pid)
    assert await soak(running, generations=40, pages=10, out=tmp_path / "out.md", rest=0) in (0, 1)
    printed = capsys.readouterr().out
    assert "50 operations" in printed
    assert "too short for a slope (limit 4 MB), 0 of 50 operations failed" in printed
    assert "| 50 |" in (tmp_path / "out.md").read_text()
