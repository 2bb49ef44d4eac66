"""Rows that are written in the background: bounded, counted, not lost while the database is away."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client import Counter

from app.batches import Batches
from app.errors import Unavailable


class Shelf:
    """A table that can be away."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.calls: list[int] = []
        self.away = False
        self.wrong = False
        self.come = asyncio.Event()

    async def write(self, rows: Sequence[dict[str, Any]]) -> None:
        self.calls.append(len(rows))
        if self.away:
            self.come.set()
            raise Unavailable("away")
        if self.wrong:
            raise ValueError("cannot be stored")
        self.rows += rows


@pytest.fixture
def dropped() -> Counter:
    return Counter("test_dropped_total", "For one test", registry=None)


def count(counter: Counter) -> float:
    return next(iter(counter.collect())).samples[0].value


async def test_a_database_that_is_away_delays_and_loses_nothing(dropped: Counter) -> None:
    shelf = Shelf()
    batches = Batches("test", shelf.write, dropped)
    shelf.away = True
    writing = asyncio.create_task(batches.run())
    for number in range(1200):
        batches.put({"n": number})
    await asyncio.wait_for(shelf.come.wait(), 10)
    with pytest.raises(Unavailable):
        await batches.flush()
    shelf.away = False
    batches.put({"n": 1200})
    writing.cancel()
    await batches.close()
    assert [row["n"] for row in shelf.rows] == list(range(1201))
    assert max(shelf.calls) <= 500, "in batches"
    assert count(dropped) == 0


async def test_the_queue_is_bounded_and_counts_what_it_drops(dropped: Counter) -> None:
    shelf = Shelf()
    batches = Batches("test", shelf.write, dropped, max_waiting=10)
    for number in range(25):
        batches.put({"n": number})
    await batches.flush()
    assert [row["n"] for row in shelf.rows] == list(range(15, 25))
    assert count(dropped) == 15
    shelf.away = True
    batches.put({"n": 25})
    await batches.close()
    assert count(dropped) == 16


async def test_rows_that_cannot_be_stored_do_not_stand_in_the_way(dropped: Counter) -> None:
    shelf = Shelf()
    batches = Batches("test", shelf.write, dropped)
    shelf.wrong = True
    batches.put({"n": 1})
    await batches.flush()
    shelf.wrong = False
    batches.put({"n": 2})
    await batches.flush()
    assert [row["n"] for row in shelf.rows] == [2]
    assert count(dropped) == 1
