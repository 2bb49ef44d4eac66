"""Server-sent events of a generation (WHATWG HTML, section 9.2)."""

from collections.abc import AsyncIterator

import orjson
from starlette.responses import StreamingResponse

from app.generations.events import Event, EventLog

PING_SECONDS = 10.0
PING = b": ping\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def frame(event: Event) -> bytes:
    """One event on the wire."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.type.encode(), orjson.dumps(event.data))


async def _frames(log: EventLog, after: int) -> AsyncIterator[bytes]:
    async for batch in log.follow(after, PING_SECONDS):
        yield b"".join(map(frame, batch)) or PING


def event_stream(log: EventLog, after: int = 0) -> StreamingResponse:
    """Follow the log; a client that goes away only stops following."""
    return StreamingResponse(_frames(log, after), media_type="text/event-stream", headers=HEADERS)
