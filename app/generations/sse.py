"""Server-sent events of a generation (WHATWG HTML, section 9.2)."""

from contextlib import aclosing

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.generations.events import END_EVENTS, Event, EventLog
from engine.line import Line

PING_SECONDS = 10.0
PING = b": ping\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def frame(event: Event) -> bytes:
    """One event on the wire."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.type.encode(), orjson.dumps(event.data))


class EventStream(Response):
    """Follows a log; a client that goes away only stops following. The last event and the end go out as one."""

    media_type = "text/event-stream"

    def __init__(self, log: EventLog, after: int = 0) -> None:
        super().__init__(headers=HEADERS)
        # How long it will be is not known.
        del self.headers["content-length"]
        self._log, self._after = log, after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Returns at the end of the log or when the client hangs up."""
        with Line(receive) as line:
            await line.while_held(self._write(send))

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._log.follow(self._after, PING_SECONDS)) as batches:
            async for batch in batches:
                last = bool(batch) and batch[-1].type in END_EVENTS
                body = b"".join(map(frame, batch)) or PING
                await send({"type": "http.response.body", "body": body, "more_body": not last})
                if last:
                    return
        await send({"type": "http.response.body", "body": b"", "more_body": False})
