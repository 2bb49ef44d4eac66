"""Hung, slow and idle are told apart; clock and CPU readings are the test's own."""

from engine.watchdog import CANARY_SECONDS, Reading, Watchdog

HANG = 10.0


class Bench:
    """One engine process, looked at once a second."""

    def __init__(self) -> None:
        self.watchdog = Watchdog(HANG)
        self.now = 1000.0
        self.cpu = 50.0

    def second(
        self, running: int, cpu: float = 0.0, *, stepped: bool = False, stopped: bool = False, gap: float = 1.0
    ) -> str | None:
        if stepped:
            self.watchdog.stepped()
        self.now += gap
        self.cpu += cpu
        return self.watchdog.look(self.now, running, {7: Reading(self.cpu, stopped), 8: Reading(3.0, False)})

    def until_hung(self, limit: int, running: int, cpu: float = 0.0, *, stopped: bool = False) -> int:
        """Seconds until the verdict; `limit` when there is none."""
        for second in range(limit):
            if self.second(running, cpu, stopped=stopped):
                return second
        return limit


def test_no_step_and_no_cpu_time_is_a_hang() -> None:
    bench = Bench()
    bench.second(1, stepped=True)
    assert HANG <= bench.until_hung(60, running=1, cpu=0.002) + 1 <= HANG + 2
    assert bench.watchdog.hung


def test_a_slow_prefill_computes_and_is_no_hang() -> None:
    bench = Bench()
    assert bench.until_hung(50, running=3, cpu=0.9) == 50
    assert bench.second(3, stepped=True) is None
    assert bench.until_hung(50, running=3, cpu=0.9) == 50
    assert not bench.watchdog.hung


def test_computing_for_ever_without_a_step_is_a_hang() -> None:
    bench = Bench()
    assert 6 * HANG <= bench.until_hung(100, running=1, cpu=1.0) <= 6 * HANG + 2


def test_many_waiting_workers_are_not_busy() -> None:
    watchdog = Watchdog(HANG)
    reasons = [
        watchdog.look(second, 1, {pid: Reading(0.013 * second, False) for pid in range(9)}) for second in range(20)
    ]
    assert reasons[-1] is not None


def test_steps_without_cpu_time_are_work_elsewhere() -> None:
    bench = Bench()
    assert [bench.second(1, stepped=True) for _ in range(100)] == [None] * 100


def test_an_idle_engine_makes_no_steps() -> None:
    bench = Bench()
    assert bench.until_hung(200, running=0) == 200
    bench.second(1)
    assert bench.second(1) is None, "the time before the request does not count"


def test_a_stopped_process_is_a_hang_also_when_idle_or_stepping() -> None:
    bench = Bench()
    assert HANG <= bench.until_hung(60, running=0, stopped=True) <= HANG + 2
    bench = Bench()
    bench.second(1, stopped=True)
    assert [reason for _ in range(12) if (reason := bench.second(1, 0.9, stepped=True, stopped=True))]


def test_a_short_stop_is_none() -> None:
    bench = Bench()
    for _ in range(20):
        assert bench.until_hung(8, running=0, stopped=True) == 8
        assert bench.second(0) is None


def test_time_that_nobody_watched_does_not_count() -> None:
    bench = Bench()
    bench.second(1, stepped=True)
    bench.second(1)
    assert bench.second(1, gap=3600) is None
    assert bench.second(1, stepped=True) is None


def test_the_canary_is_due_after_idle_time_only() -> None:
    bench = Bench()
    due = []
    for running in [0] * int(CANARY_SECONDS + 1) + [1]:
        bench.second(running)
        due.append(bench.watchdog.canary_due)
    assert due == [False] * int(CANARY_SECONDS) + [True, False]
    bench.until_hung(20, running=0)
    bench.second(0, stepped=True)
    bench.until_hung(20, running=0)
    assert not bench.watchdog.canary_due
