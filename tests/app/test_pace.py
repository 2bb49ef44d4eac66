"""How long tokens gather before they are written."""

import pytest

from app.openai.pace import CROWD, LEAST_WRITES_PER_SECOND, LONGEST_SECONDS, SHARE, Pace


def paced(*seconds: float) -> Pace:
    pace = Pace()
    for one in seconds * 1000:
        pace.wrote(one)
    return pace


def test_few_streams_write_at_once() -> None:
    assert paced(LONGEST_SECONDS).pause(CROWD) == 0


@pytest.mark.parametrize("cost", [5e-6, 2e-5])
@pytest.mark.parametrize("streams", [CROWD + 1, 64, 256])
def test_all_writes_together_take_their_share(cost: float, streams: int) -> None:
    pause = paced(cost).pause(streams)
    assert streams * cost / pause == pytest.approx(SHARE, rel=0.01)


@pytest.mark.parametrize("cost", [1e-4, 1.0])
def test_on_a_slow_machine_and_with_a_slow_client_nobody_waits_longer_than_that(cost: float) -> None:
    assert paced(cost).pause(64) == pytest.approx(64 / LEAST_WRITES_PER_SECOND)


def test_one_client_that_does_not_read_changes_little() -> None:
    pace = paced(1e-5)
    before = pace.pause(64)
    pace.wrote(30.0)
    assert pace.pause(64) < 3 * before
