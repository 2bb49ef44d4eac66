"""Work for a client who may hang up."""

import asyncio
from collections.abc import Callable

import pytest
from starlette.types import Message

from engine.line import Line


class Client:
    """Hangs up when told to."""

    def __init__(self) -> None:
        self._gone = asyncio.Event()

    def hang_up(self) -> None:
        self._gone.set()

    async def receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}


class Work:
    """Waits until it is let go on, and remembers how it ended."""

    def __init__(self) -> None:
        self.begun, self.go_on, self.ended = asyncio.Event(), asyncio.Event(), ""

    async def do(self) -> str:
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        self.ended = "done"
        return "result"


async def test_work_is_done_in_the_same_turn_of_the_loop() -> None:
    async def at_once() -> str:
        return "result"

    turns: list[int] = []
    with Line(Client().receive) as line:
        asyncio.get_running_loop().call_soon(turns.append, 1)
        assert await line.while_held(at_once()) == "result"
        assert turns == []
        assert line.held


async def test_hanging_up_cancels_the_work_and_nothing_else() -> None:
    client, work = Client(), Work()
    with Line(client.receive) as line:
        asked = asyncio.ensure_future(line.while_held(work.do()))
        await work.begun.wait()
        client.hang_up()
        assert await asked is None
        assert (work.ended, line.held, asked.cancelling()) == ("cancelled", False, 0)


@pytest.mark.parametrize("last", [Client.hang_up, lambda _client: None])
async def test_who_is_cancelled_from_outside_stays_so(last: Callable[[Client], None]) -> None:
    client, work = Client(), Work()
    with Line(client.receive) as line:
        asked = asyncio.ensure_future(line.while_held(work.do()))
        await work.begun.wait()
        asked.cancel()
        last(client)
        with pytest.raises(asyncio.CancelledError):
            await asked
    assert work.ended == "cancelled"


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
async def test_a_result_that_comes_with_the_end_of_the_call_leaves_nothing_behind(turns: int) -> None:
    client, work = Client(), Work()

    async def asking() -> tuple[str | None, int]:
        with Line(client.receive) as line:
            found = await line.while_held(work.do())
            # Whoever was cancelled too late would notice here.
            for _ in range(5):
                await asyncio.sleep(0)
            task = asyncio.current_task()
            assert task is not None
            return found, task.cancelling()

    asked = asyncio.ensure_future(asking())
    await work.begun.wait()
    after(turns, work.go_on.set)
    after(1, client.hang_up)
    assert await asked in [("result", 0), (None, 0)]


def after(turns: int, then: Callable[[], None]) -> None:
    """So many turns of the loop."""
    if turns:
        asyncio.get_running_loop().call_soon(after, turns - 1, then)
    else:
        then()


async def test_what_fails_is_told() -> None:
    async def fails() -> None:
        raise ValueError("no")

    with Line(Client().receive) as line, pytest.raises(ValueError, match="no"):
        await line.while_held(fails())
