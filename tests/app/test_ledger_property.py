"""Whatever happens in whatever order: ledger = engine tokens, no leaked slot, nobody over a limit by more than one."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.limits import redis_guard
from app.limits.memory import MemoryStore
from app.limits.redis_guard import guarded
from app.limits.redis_store import RedisStore
from app.limits.store import DAY, LedgerStore
from tests.app.ledger_world import LONGEST, Step, World

PROCESSES, USERS = st.integers(0, 1), st.integers(0, 2)
ORDINARY: list[st.SearchStrategy[Any]] = [
    st.tuples(st.just("reserve"), PROCESSES, st.just(0), st.integers(1, LONGEST)),
    st.tuples(st.just("reserve"), PROCESSES, USERS, st.integers(1, LONGEST)),
    st.tuples(st.just("settle"), st.integers(0, 9), st.integers(0, 100)),
    st.tuples(st.just("tick"), st.integers(1, 45)),
]
ACCIDENTS: list[st.SearchStrategy[Any]] = [
    st.tuples(st.just("crash"), PROCESSES),
    st.tuples(st.just("recover")),
    st.tuples(st.just("hand_over"), PROCESSES),
    st.tuples(st.just("cut"), st.sampled_from(["before", "after"])),
    st.tuples(st.just("back")),
]
# Some lives begin just before midnight.
STARTS = st.sampled_from([20_000 * DAY + 40_000.25, 20_001 * DAY - 70.5])


async def live(store: LedgerStore, start: float, steps: list[Step]) -> World:
    world = World(store, start)
    for step in steps:
        await world.step(step)
    await world.end()
    return world


@settings(max_examples=1200, deadline=None)
@given(STARTS, st.lists(st.one_of(ORDINARY), min_size=5, max_size=50))
def test_two_processes_share_one_limit_exactly(start: float, steps: list[Step]) -> None:
    asyncio.run(live(MemoryStore(), start, steps))


@settings(max_examples=1500, deadline=None)
@given(STARTS, st.lists(st.one_of([*ORDINARY, *ACCIDENTS, st.tuples(st.just("lose"))]), min_size=5, max_size=50))
def test_through_crashes_and_loss_of_redis(start: float, steps: list[Step]) -> None:
    asyncio.run(live(MemoryStore(), start, steps))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STARTS, st.lists(st.one_of(ORDINARY + ACCIDENTS), min_size=5, max_size=50))
def test_the_same_in_redis(redis_url: str, start: float, steps: list[Step]) -> None:
    async def run() -> None:
        async with guarded(redis_url) as guard:
            assert guard is not None
            await live(RedisStore(guard), start, steps)

    # This is about what is counted; a busy machine must not look like a lost Redis.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_guard, "ANSWER_SECONDS", 20.0)
        asyncio.run(run())


def test_the_steps_reach_the_limits() -> None:
    """The properties above would hold of a ledger that refuses everything, or nothing."""
    steps: list[Step] = [("reserve", number % 2, 0, 50) for number in range(4)]
    world = asyncio.run(live(MemoryStore(), 1e9, steps))
    assert (world.admitted, world.refused) == (2, 2)
    steps += [("settle", 0, 10), ("reserve", 0, 0, 60), ("settle", 0, 100), ("reserve", 1, 0, 5)]
    world = asyncio.run(live(MemoryStore(), 1e9, steps))
    assert (world.admitted, world.refused) == (3, 3)
