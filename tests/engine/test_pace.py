"""How long tokens gather before they are handed on."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from engine.pace import CROWD, LEAST_STEPS_PER_SECOND, LONGEST_SECONDS, SHARE, Pace


def paced(*seconds: float) -> Pace:
    pace = Pace()
    for one in seconds * 1000:
        pace.took(one)
    return pace


def test_few_streams_go_on_at_once() -> None:
    assert paced(LONGEST_SECONDS).pause(CROWD) == 0


@pytest.mark.parametrize("cost", [5e-6, 2e-5])
@pytest.mark.parametrize("streams", [CROWD + 1, 64, 256])
def test_all_steps_together_take_their_share(cost: float, streams: int) -> None:
    pause = paced(cost).pause(streams)
    assert streams * cost / pause == pytest.approx(SHARE, rel=0.01)


@pytest.mark.parametrize("cost", [1e-4, 1.0])
def test_on_a_slow_machine_and_with_a_slow_client_nobody_waits_longer_than_that(cost: float) -> None:
    assert paced(cost).pause(64) == pytest.approx(64 / LEAST_STEPS_PER_SECOND)


def test_one_client_that_does_not_read_changes_little() -> None:
    pace = paced(1e-5)
    before = pace.pause(64)
    pace.took(30.0)
    assert pace.pause(64) < 3 * before


def none_is_last(_step: int) -> bool:
    return False


async def steps(count: int, joined: list[int]) -> AsyncGenerator[int, None]:
    """As vLLM's: what has come meanwhile is one step."""
    begun = time.perf_counter()
    while (done := sum(joined)) < count:
        await asyncio.sleep(max(0.0, begun + (done + 1) * 0.002 - time.perf_counter()))
        joined.append(min(count, int((time.perf_counter() - begun) / 0.002) + 1) - done)
        yield joined[-1]


@pytest.mark.parametrize(("streams", "at_most"), [(CROWD, 60), (4 * CROWD, 30)])
async def test_in_a_full_house_steps_are_joined_and_none_is_lost(streams: int, at_most: int) -> None:
    pace, counts = paced(2e-4), []

    async def read() -> None:
        joined: list[int] = []
        assert sum([step async for step in pace.paced(steps(60, joined), none_is_last)]) == 60
        counts.append(len(joined))

    await asyncio.gather(*(read() for _ in range(streams)))
    assert len(counts) == streams
    assert max(counts) <= at_most
    # Everybody has gone: whoever comes next is alone.
    assert [step async for step in pace.paced(steps(3, []), none_is_last)]
    assert pace._streams == 0


async def test_a_reader_that_leaves_is_not_counted_any_more() -> None:
    pace, joined = Pace(), list[int]()
    async with aclosing(pace.paced(steps(1000, joined), none_is_last)) as paced_steps:
        async for _ in paced_steps:
            break
        assert pace._streams == 1
    assert pace._streams == 0


async def test_nobody_waits_after_the_last_step(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []

    async def sleep(_seconds: float) -> None:
        waited.append(came[-1])

    async def words() -> AsyncGenerator[str, None]:
        for word in ("one", "two", "end"):
            yield word

    monkeypatch.setattr("engine.pace.asyncio.sleep", sleep)
    pace, came = paced(1e-4), list[str]()
    pace._streams = 4 * CROWD
    async for word in pace.paced(words(), lambda word: word == "end"):
        came.append(word)
    assert (came, waited) == (["one", "two", "end"], ["one", "two"])


def test_what_others_do_with_a_step_counts() -> None:
    alone, followed = Pace(), Pace(4.0)
    for _ in range(1000):
        alone.took(5e-6)
        followed.took(5e-6)
    assert followed.pause(64) == pytest.approx(4 * alone.pause(64), rel=0.01)
