"""The event log of one generation: one writer, any number of followers, each at its own position.

A buffer plus a wake-up event serves every follower; slow ones simply read several events at once.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

EventType = Literal["queued", "started", "prefilled", "reasoning", "delta", "resuming", "done", "error"]
END_EVENTS: frozenset[str] = frozenset({"done", "error"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `seq` is dense from 1."""

    seq: int
    type: EventType
    data: dict[str, Any]


class EventLog:
    """Append-only. `close` without an end event means the server stopped and the generation goes on later."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.closed = False
        self._wake = asyncio.Event()

    @property
    def ended(self) -> bool:
        """True when the last event is `done` or `error`."""
        return bool(self.events) and self.events[-1].type in END_EVENTS

    def append(self, type_: EventType, data: dict[str, Any]) -> Event:
        """Add the next event and wake all followers. Nothing may follow an end event."""
        if self.closed:
            raise RuntimeError("the event log is closed")
        event = Event(len(self.events) + 1, type_, data)
        self.events.append(event)
        self.closed = type_ in END_EVENTS
        self._notify()
        return event

    def close(self) -> None:
        """End all followers without an end event."""
        self.closed = True
        self._notify()

    def _notify(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()

    async def follow(self, after: int = 0, heartbeat: float | None = None) -> AsyncIterator[list[Event]]:
        """Yield batches of the events with `seq > after` until the log ends.

        With `heartbeat` an empty batch comes after so many seconds of silence; never one without it.
        """
        position = after
        while True:
            wake = self._wake
            if position < len(self.events):
                batch = self.events[position:]
                position += len(batch)
                yield batch
            elif self.closed:
                return
            else:
                try:
                    await asyncio.wait_for(wake.wait(), heartbeat)
                except TimeoutError:
                    yield []
