"""How long tokens gather before they are handed on."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from engine.pace import CROWD, FOLLOWED, LEAST_STEPS_PER_SECOND, LONGEST_SECONDS, MOST_TOKENS, SHARE, Pace


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


@dataclass
class Output:
    """As vLLM's, of so many tokens."""

    tokens: int
    finished: bool = False


async def steps(count: int, joined: list[int]) -> AsyncGenerator[Output, None]:
    """As vLLM's: what has come meanwhile is one step."""
    begun = time.perf_counter()
    while (done := sum(joined)) < count:
        await asyncio.sleep(max(0.0, begun + (done + 1) * 0.002 - time.perf_counter()))
        joined.append(min(count, int((time.perf_counter() - begun) / 0.002) + 1) - done)
        yield Output(joined[-1], sum(joined) == count)


@pytest.mark.parametrize(("streams", "at_most"), [(CROWD, 60), (4 * CROWD, 30)])
async def test_in_a_full_house_steps_are_joined_and_none_is_lost(streams: int, at_most: int) -> None:
    pace, counts = paced(4e-4), []

    async def read() -> None:
        joined: list[int] = []
        assert sum([step.tokens async for step in pace.paced(steps(60, joined), joined=False)]) == 60
        counts.append(len(joined))

    await asyncio.gather(*(read() for _ in range(streams)))
    assert len(counts) == streams
    assert max(counts) <= at_most
    # Everybody has gone: whoever comes next is alone.
    assert [step async for step in pace.paced(steps(3, []), joined=False)]
    assert pace._streams == 0


async def test_a_reader_that_leaves_is_not_counted_any_more() -> None:
    pace, joined = Pace(), list[int]()
    async with aclosing(pace.paced(steps(1000, joined), joined=False)) as paced_steps:
        async for _ in paced_steps:
            break
        assert pace._streams == 1
    assert pace._streams == 0


@pytest.mark.parametrize(("joined", "waits"), [(False, [1, 2]), (True, [])])
async def test_nobody_waits_for_what_vllm_joins_nor_after_the_end(
    joined: bool, waits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []

    async def sleep(_seconds: float) -> None:
        waited.append(came[-1])

    async def three() -> AsyncGenerator[Output, None]:
        for number in (1, 2, 3):
            yield Output(number, number == 3)

    monkeypatch.setattr("engine.pace.asyncio.sleep", sleep)
    pace, came = paced(1e-4), list[int]()
    pace._streams = 4 * CROWD
    async for step in pace.paced(three(), joined=joined):
        came.append(step.tokens)
    assert (came, waited) == ([1, 2, 3], waits)


async def test_what_others_do_with_a_step_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    pace, told = Pace(), list[float]()
    clock = iter(range(100))
    monkeypatch.setattr("engine.pace.perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(pace, "took", told.append)
    for times in (1.0, FOLLOWED):
        async for _ in pace.paced(one_step(), joined=True, times=times):
            pass
    assert told == [1.0, FOLLOWED]


async def one_step() -> AsyncGenerator[Output, None]:
    yield Output(1, True)


def running(streams: int, engine_seconds: float, monkeypatch: pytest.MonkeyPatch, steps: int = 2000) -> Pace:
    """A pace in a full house whose engine has made some steps."""
    pace = paced(1e-5)
    pace._streams = streams
    for number in range(100, 100 + steps):
        monkeypatch.setattr("engine.pace.perf_counter", lambda now=number * engine_seconds: now)
        pace.stepped()
    return pace


def test_vllm_joins_the_tokens_of_who_begins_in_a_full_house(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = running(63, 0.004, monkeypatch)
    params = SimpleNamespace(stream_interval=None)
    assert pace.begin(params)
    assert params.stream_interval == round(pace.pause(64) / 0.004) == 3
    # Who wants fewer steps than that has them.
    params.stream_interval = 20
    assert pace.begin(params)
    assert params.stream_interval == 20
    # A fast engine may become slower.
    params.stream_interval = None
    assert running(63, 0.0001, monkeypatch).begin(params)
    assert params.stream_interval == MOST_TOKENS
    # A slow engine's steps are far enough apart.
    assert not running(63, 0.1, monkeypatch).begin(params)


def test_two_steps_tell_how_fast_the_engine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = running(63, 0.1, monkeypatch, steps=2)
    assert not pace.begin(SimpleNamespace(stream_interval=None))


def test_those_who_have_just_left_are_still_counted_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their next questions are on their way."""
    pace = running(63, 0.004, monkeypatch)
    pace._streams = 0
    assert pace.begin(SimpleNamespace(stream_interval=None))
    for _ in range(1000):
        pace.stepped()
    assert not pace.begin(SimpleNamespace(stream_interval=None))


def test_without_a_step_or_with_an_older_vllm_nothing_is_joined_there(monkeypatch: pytest.MonkeyPatch) -> None:
    params = SimpleNamespace(stream_interval=None)
    assert not paced(1e-5).begin(params)
    assert not running(63, 0.004, monkeypatch).begin(SimpleNamespace())
    assert params.stream_interval is None
