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
        """Do the work; when the client hangs up it is cancelled. None then, and when the work has no result."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait([task, self._gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
        return None if task.cancelled() else task.result()

    @property
    def held(self) -> bool:
        """False once the client has hung up."""
        return not self._gone.done()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
