"""What goes out to the client: begun by a ping when the queue takes long, told as an event what can no longer be a
status, and never gathered here: `send` waits while the client does not read, and meanwhile vLLM joins the tokens."""

import json

from starlette.responses import JSONResponse
from starlette.types import Message, Scope, Send

from app.errors import AppError
from app.generations.sse import HEADERS, PING
from app.http import app_error_response
from engine.lean_chat import DONE

HEAD: list[tuple[bytes, bytes]] = [(b"content-type", b"text/event-stream; charset=utf-8")]
HEAD += [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


class Outlet:
    """`streams`: the client waits for events. `status` is 0 before the response begins."""

    def __init__(self, scope: Scope, send: Send, *, streams: bool) -> None:
        self._scope = scope
        self._send = send
        self._streams = streams
        self._as_event = False
        self.status = 0
        self.complete = False

    async def ping(self) -> None:
        """A sign of life, so that nothing between us and the client gives up. Begins the response."""
        if self._streams:
            await self.write(PING)

    async def write(self, piece: bytes, *, last: bool = False) -> None:
        """Events, `last`: the end of the response. Returns when the client has room for them."""
        await self._begin()
        await self._send({"type": "http.response.body", "body": piece, "more_body": not last})
        self.complete = last

    async def end(self) -> None:
        """No more events."""
        if not self.complete:
            await self.write(b"", last=True)

    async def send(self, message: Message) -> None:
        """A message of the application further in."""
        if message["type"] == "http.response.start":
            begun, self.status = bool(self.status), message["status"]
            self._as_event = begun and message["status"] >= 400
            if begun:
                return
            if dict(message["headers"]).get(b"content-type", b"").startswith(b"text/event-stream"):
                message = {**message, "headers": HEAD}
        elif self._as_event and message.get("body"):
            message = {**message, "body": b"data: " + message["body"] + b"\n\n" + DONE}
        await self._send(message)
        self.complete = message["type"] == "http.response.body" and not message.get("more_body", False)

    async def refuse(self, error: AppError) -> None:
        """As a status while that is possible."""
        if self.complete:
            return
        response: JSONResponse = app_error_response(self._scope, error)
        if not self.status:
            self.status = error.status
            for message in (
                {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers},
                {"type": "http.response.body", "body": response.body, "more_body": False},
            ):
                await self._send(message)
        else:
            await self.write(
                b"data: " + json.dumps(json.loads(bytes(response.body))).encode() + b"\n\n" + DONE, last=True
            )
        self.complete = True

    async def _begin(self) -> None:
        if not self.status:
            self.status = 200
            await self._send({"type": "http.response.start", "status": 200, "headers": HEAD})
