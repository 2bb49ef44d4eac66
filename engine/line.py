"""The client's side of a request whose body has been read: nothing more comes from there until it hangs up."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import TypeVar

from starlette.types import Message, Receive

T = TypeVar("T")


class Line:
    """Use as a context manager on the event loop; `receive` is for an application further in."""

    def __init__(self, receive: Receive) -> None:
        self._body: bytes | None = None
        self._gone = asyncio.ensure_future(_hung_up(receive))

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.cancel()

    def repeat(self, body: bytes) -> None:
        """What `receive` gives first."""
        self._body = body

    async def receive(self) -> Message:
        """The body, then the end."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await asyncio.wait([self._gone])
        return {"type": "http.disconnect"}

    async def while_held(self, work: Awaitable[T]) -> T | None:
        """Do the work; when the client hangs up it is cancelled. None then, and when the work has no result.

        It is done in the task of whoever asks, as under `asyncio.timeout`: a task of its own would begin behind all
        other requests of a burst.
        """
        task = asyncio.current_task()
        assert task is not None
        before, working, hung_up = task.cancelling(), True, False

        def cancel(_gone: asyncio.Future[None]) -> None:
            nonlocal hung_up
            if working:
                hung_up = True
                task.cancel()

        self._gone.add_done_callback(cancel)
        try:
            return await work
        except asyncio.CancelledError:
            if not hung_up or task.uncancel() > before:
                raise  # somebody else has cancelled it
            return None
        finally:
            working = False  # where it is too late to take the callback back
            self._gone.remove_done_callback(cancel)

    @property
    def held(self) -> bool:
        """False once the client has hung up."""
        return not self._gone.done()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
