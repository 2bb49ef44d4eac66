"""Pages are drawn in turn, and the event loop is not theirs alone."""

import asyncio
from functools import partial
from types import SimpleNamespace
from typing import cast
from unittest.mock import create_autospec

import pytest

from app.generations.events import EventLog
from app.generations.generation import Followed
from ui.components.answer import Answer
from ui.components.follower import Follower
from ui.i18n import Translator
from ui.turns import Turns


async def test_in_the_order_they_asked_one_at_a_time() -> None:
    turns, drawn = Turns(), list[int]()
    await asyncio.gather(*(turns.draw(partial(drawn.append, page)) for page in range(20)))
    assert drawn == list(range(20))


async def test_everybody_else_has_the_loop_for_twice_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, slept = iter([10.0, 10.5, 20.0, 20.25]), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    turns = Turns()
    monkeypatch.setattr("ui.turns.time", SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr("ui.turns.asyncio", SimpleNamespace(sleep=sleep))
    await turns.draw(lambda: None)
    await turns.draw(lambda: None)
    assert slept == pytest.approx([1.0, 0.5])


async def test_a_page_that_fails_or_leaves_holds_nobody_up() -> None:
    turns, drawn = Turns(), list[str]()
    with pytest.raises(ZeroDivisionError):
        await turns.draw(lambda: drawn.append(str(1 / 0)))
    async with asyncio.timeout(5):
        waiting = [asyncio.create_task(turns.draw(lambda: drawn.append("left"))) for _ in range(3)]
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        await turns.draw(lambda: drawn.append("last"))
    assert drawn == ["last"]


async def test_the_first_words_wait_for_no_other_page() -> None:
    turns, log, answer = Turns(), EventLog(), create_autospec(Answer, instance=True)
    generation = cast(Followed, SimpleNamespace(log=log))
    follower = Follower(Translator("en"), generation, answer, lambda: ("model", False), turns)
    drawn, following = asyncio.Event(), asyncio.create_task(follower.run())
    answer.flush.side_effect = drawn.set
    async with turns._drawing, asyncio.timeout(5):
        log.append("queued", {"position": 1})
        log.append("delta", {"text": "first"})
        await drawn.wait()
        drawn.clear()
        log.append("delta", {"text": "second"})
        while turns._drawing._waiters is None or not len(turns._drawing._waiters):
            await asyncio.sleep(0.01)
        assert [call.args for call in answer.feed.mock_calls] == [("first",), ("second",)]
        assert not drawn.is_set()
    await asyncio.wait_for(drawn.wait(), 5)
    log.close()
    await following
