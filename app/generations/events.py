"""The event log of one generation: one writer, any number of followers, each at its own position.

A buffer plus a wake-up event serves every follower; slow ones simply read several events at once. An event is
created first, then journaled, then published: only published events are seen by anybody.
"""

import asyncio
import zlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal

import orjson

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
        self._created = 0
        self._sealed = False
        self._wake = asyncio.Event()
        self._followers = 0
        self._left = monotonic()

    @property
    def ended(self) -> bool:
        """True when the last event is `done` or `error`."""
        return bool(self.events) and self.events[-1].type in END_EVENTS

    @property
    def unwatched_seconds(self) -> float:
        """How long nobody has followed."""
        return 0.0 if self._followers else monotonic() - self._left

    def text(self) -> str:
        """All deltas, which is what the message holds."""
        return "".join(event.data["text"] for event in self.events if event.type == "delta")

    def create(self, type_: EventType, data: dict[str, Any]) -> Event:
        """The next event, not seen by anybody yet. Nothing may follow an end event."""
        if self._sealed or self.closed:
            raise RuntimeError("the event log is closed")
        self._created += 1
        self._sealed = type_ in END_EVENTS
        return Event(self._created, type_, data)

    def publish(self, *events: Event) -> None:
        """Let followers see created events, in their order."""
        for event in events:
            if event.seq != len(self.events) + 1:
                raise RuntimeError("events must be published in order")
            self.events.append(event)
        self.closed = self.closed or self.ended
        self._created = max(self._created, len(self.events))
        self._sealed = self._sealed or self.ended
        self._notify()

    def append(self, type_: EventType, data: dict[str, Any]) -> Event:
        """Create and publish at once: for logs that are journaled elsewhere."""
        event = self.create(type_, data)
        self.publish(event)
        return event

    def close(self) -> None:
        """End all followers without an end event."""
        self.closed = True
        self._notify()

    def _notify(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()

    async def follow(
        self, after: int = 0, heartbeat: float | None = None, *, watching: bool = True
    ) -> AsyncGenerator[list[Event], None]:
        """Yield batches of the events with `seq > after` until the log ends.

        With `heartbeat` an empty batch comes after so many seconds of silence; never one without it. Who is not
        `watching` does not keep the generation alive.
        """
        position = after
        self._followers += watching
        try:
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
                        async with asyncio.timeout(heartbeat):
                            await wake.wait()
                    except TimeoutError:
                        yield []
        finally:
            self._followers -= watching
            if watching:
                self._left = monotonic()


def pack(events: list[Event]) -> bytes:
    """All events of an ended generation, small enough for a column: about a tenth of their JSON."""
    return zlib.compress(orjson.dumps([[event.type, event.data] for event in events]))


def unpack(packed: bytes) -> EventLog:
    """The closed log that was packed."""
    log = EventLog()
    pairs = orjson.loads(zlib.decompress(packed))
    log.publish(*(Event(seq, type_, data) for seq, (type_, data) in enumerate(pairs, start=1)))
    log.close()
    return log
