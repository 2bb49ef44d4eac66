"""The benchmark's tables, its document and its arithmetic."""

from pathlib import Path
from typing import Any

import pytest

from loadtest.bench import __main__ as bench
from loadtest.bench.document import put
from loadtest.bench.fairness import jain
from loadtest.bench.machine import described
from loadtest.bench.prediction import figures, real_places
from loadtest.bench.row import Figures, Line, Row
from loadtest.bench.streams import Load
from loadtest.bench.throughput import one_pass, p95
from loadtest.user import Moment, Turn

LINES = (
    Line("ms", "time", "ms", 1, at_most=10),
    Line("ratio", "ratio", at_least=0.95),
    Line("count", "many", "answers"),
)


async def fixed(passes: int) -> list[Figures]:
    """Figures that are known."""
    return [{"ms": 8.0 + number, "ratio": 0.5 * number} for number in range(passes)]


def test_a_table_has_medians_ranges_targets_and_verdicts() -> None:
    table = Row("x", LINES, fixed).table([{"ms": 8, "ratio": 0.5}, {"ms": 30, "ratio": 0.6}, {"ms": 9, "ratio": 0.4}])
    assert table.splitlines()[2:] == [
        "| time | 9.0 ms | 8.0 ms … 30.0 ms | ≤ 10.0 ms | met |",
        "| ratio | 0.50 | 0.40 … 0.60 | ≥ 0.95 | **missed** |",
        "| many | not measured |  |  |  |",
    ]


def test_a_measured_block_is_replaced_and_the_words_around_it_stay(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "performance.md"
    put(path, "one", "old \\1 figures")
    put(path, "two", "others")
    path.write_text(path.read_text().replace("# Performance\n", "# Performance\nOur words.\n") + "A reading.\n")
    put(path, "one", "new \\1 figures")
    text = path.read_text()
    assert "new \\1 figures" in text
    assert "old" not in text
    assert text.index("Our words.") < text.index("new") < text.index("others") < text.index("A reading.")


def test_the_console_writes_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "ROWS", {"x": Row("x", LINES, fixed)})
    out = tmp_path / "performance.md"
    assert bench.main(["--passes", "3", "--out", str(out)]) == 0
    text = out.read_text()
    assert "| time | 9.0 ms |" in text
    assert "`make bench ROWS=x`" in text


@pytest.mark.parametrize("arguments", [["nonsense"], ["--passes", "0"]])
def test_arguments_without_sense(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench.main(arguments)


def test_the_machine_is_described() -> None:
    text = described("make bench")
    for part in ("`make bench`", " cores, ", " GiB, ", "Python 3.", "fastapi "):
        assert part in text


def test_jains_index() -> None:
    assert jain([5, 5, 5]) == 1
    assert jain([9, 0, 0]) == pytest.approx(1 / 3)


def answer(eta: int | None, place: int, predicted: int | None, ttft: int, queue: int) -> Turn:
    """As a server that told these times: sent at 0, accepted at 100 ms."""
    usage = {"prompt_tokens": 40, "completion_tokens": 4, "cached_tokens": 0}
    told: list[tuple[int, str, dict[str, Any]]] = [
        (0, "queued", {"eta_ms": eta, "position": place}),
        (queue, "started", {"predicted_ttft_ms": predicted, "queue_ms": queue}),
        (ttft, "prefilled", {"prefill_ms": ttft - queue}),
        (ttft, "delta", {"text": "x"}),
        (ttft, "done", {"usage": usage, "timing": {"ttft_ms": ttft, "queue_ms": queue}}),
    ]
    return Turn(0.0, [Moment((100 + at) / 1000, event, data) for at, event, data in told])


def test_prediction_errors() -> None:
    turns = [answer(None, 0, None, 100, 1), answer(150, 0, 111, 100, 1), answer(500, 3, 950, 1000, 900)]
    found = figures(turns)
    assert found["eta"] == pytest.approx(50)
    assert found["sent"] == pytest.approx((25 + 600 / 11) / 2)
    assert found["direct"] == pytest.approx(50)
    assert found["waited"] == pytest.approx(50)
    assert found["wait"] == pytest.approx(50)
    assert found["predicted"] == pytest.approx((11 + 5) / 2)
    assert found["prefill"] == pytest.approx((100 * 11 / 99 + 50) / 2)
    assert found["told"] == pytest.approx(200 / 3)
    assert "cached" not in found


def test_places_are_counted_by_who_got_in() -> None:
    turns = [answer(1, 0, 1, 900, 1), answer(1, 1, 1, 900, 300), answer(1, 1, 1, 900, 200), answer(1, 9, 1, 900, 100)]
    assert real_places(turns) == [1, 4, 3, 2]


def test_details_stand_behind_the_table() -> None:
    row = Row("x", LINES, fixed, lambda passes: f"{len(passes)} passes in detail")
    assert row.table([{"ms": 8}, {"ms": 9}]).endswith("|\n\n2 passes in detail")


def test_p95_is_the_nearest_rank() -> None:
    assert p95([7]) == 7
    assert p95(list(range(100, 0, -1))) == 95


async def test_each_pass_begins_with_another_side() -> None:
    order: list[str] = []

    class Fixed:
        def __init__(self, side: str, rate: float) -> None:
            self.side, self.rate = side, rate

        async def measure(self, load: Load) -> dict[str, float]:
            order.append(self.side)
            return {"rate": self.rate * load.clients, "p50": 100 / self.rate}

    compared: Any = {name: Fixed(name, rate) for name, rate in (("ours", 6), ("vllm", 5), ("chat", 4), ("bare", 8))}
    found = await one_pass(compared, 0, (Load(2, 1), Load(3, 1)))
    assert order == ["ours", "vllm", "chat", "bare"] * 2
    assert found["ours/vllm/3/rate"] == pytest.approx(6 / 5)
    assert found["ours/vllm/3/p50"] == pytest.approx(5 / 6)
    assert found["ours/bare/2/rate"] == pytest.approx(6 / 8)
    assert found["chat/bare/2/rate"] == pytest.approx(4 / 8)
    await one_pass(compared, 1, (Load(1, 1),))
    assert order[8:] == ["vllm", "chat", "bare", "ours"]
