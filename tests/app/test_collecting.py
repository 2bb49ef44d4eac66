"""Full garbage collections wait for a moment without answers, but not for ever."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable

import pytest

from app import collecting
from app.collecting import closed, collect_when_quiet


class Node:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.me = self


def garbage() -> weakref.ref[Node]:
    """One such, old enough for a collection in full alone."""
    node = Node()
    found = weakref.ref(node)
    gc.collect(1)
    gc.collect(1)
    return found


class House:
    """Whether anything is answered."""

    busy = True


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(collecting, "SECONDS", 0.01)
    monkeypatch.setattr(collecting, "WORTH", 1)
    house = House()
    task = asyncio.create_task(collect_when_quiet(lambda: house.busy))
    await asyncio.sleep(0)
    assert gc.get_threshold()[2] == collecting.NEVER
    yield house
    task.cancel()
    await asyncio.wait([task])
    assert (gc.get_threshold(), gc.get_freeze_count()) == (collecting.BEFORE, 0)


async def looks(times: int = 20) -> None:
    """So often has it looked by now."""
    for _ in range(times):
        await asyncio.sleep(collecting.SECONDS)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(collecting.SECONDS)


async def test_it_waits_for_the_last_answer(house: House) -> None:
    node = garbage()
    await looks()
    assert node() is not None
    house.busy = False
    await until(lambda: node() is None)


async def test_it_does_not_wait_for_ever(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    node = garbage()
    await looks()
    assert node() is not None
    monkeypatch.setattr(collecting, "ENOUGH", 2)
    gc.collect(1)
    gc.collect(1)
    await until(lambda: node() is None)


async def test_pages_that_close_are_worth_it_when_nothing_is_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "WORTH", collecting.ENOUGH)
    gc.collect()
    node = garbage()
    for _ in range(collecting.PAGES):
        closed.page()
    await looks()
    assert node() is not None
    house.busy = False
    await until(lambda: node() is None)
    assert closed.pages == 0


async def test_not_while_it_is_switched_off(house: House) -> None:
    node = garbage()
    gc.disable()
    try:
        house.busy = False
        await looks()
        assert node() is not None
    finally:
        gc.enable()
    await until(lambda: node() is None)
