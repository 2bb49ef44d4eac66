"""The receipt's figures from known times."""

import pytest

from app.generations import receipt
from app.generations.receipt import Stopwatch, percentile


def test_times_and_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.5, 10.6, 10.8, 11.0])
    monkeypatch.setattr(receipt, "monotonic", lambda: next(clock))
    watch = Stopwatch(accepted=10.0)
    watch.started = 10.1
    watch.step(1)
    watch.step(1)
    watch.step(2)
    assert watch.timing() == {
        "queue_ms": 100,
        "ttft_ms": 500,
        "itl_p50_ms": 100.0,
        "itl_p95_ms": 100.0,
        "total_ms": 1000,
        "tokens_per_second": 10.0,
    }
    assert watch.prefill_ms == 400


def test_one_step_still_has_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.5, 10.6])
    monkeypatch.setattr(receipt, "monotonic", lambda: next(clock))
    watch = Stopwatch(accepted=10.0)
    watch.started = 10.25
    watch.step(4)
    assert watch.timing()["tokens_per_second"] == 16.0


def test_how_long_it_thought(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.5, 11.0, 12.5, 13.0, 14.0])
    monkeypatch.setattr(receipt, "monotonic", lambda: next(clock))
    watch = Stopwatch(accepted=10.0)
    watch.started = 10.1
    for reasoning, answer in ((True, False), (True, False), (False, True), (True, True)):
        watch.step(1)
        watch.hears(reasoning=reasoning, answer=answer)
    assert watch.timing()["reasoning_ms"] == 2000


def test_nothing_happened() -> None:
    watch = Stopwatch(accepted=10.0)
    assert watch.timing()["ttft_ms"] is None
    assert watch.timing()["tokens_per_second"] == 0.0
    assert percentile([], 0.5) == 0.0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
