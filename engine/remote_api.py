"""Another OpenAI-compatible server's API as that of one of our models: passed on, counted, hung up with the client."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
from starlette.types import Message, Receive, Scope, Send

from engine import metering
from engine.errors import EngineConfigError, EngineError, EngineUnavailable
from engine.line import Line
from engine.remote_connection import RETRIES, RETRY_SECONDS, RemoteConnection
from engine.remote_usage import Usage

PASSED_HEADERS = ("content-type", "retry-after")
MAX_EVENT = 4 * 1024 * 1024
# Where the usage of a stream has to be asked for.
ASKED_FOR_USAGE = ("/v1/chat/completions", "/v1/completions")


class RemoteApi:
    """Implements `engine.base.Api`."""

    def __init__(self, connection: RemoteConnection) -> None:
        self._connection = connection

    @property
    def adapters(self) -> list[str]:
        """Other servers list theirs as models."""
        return []

    async def lean_chat(self, body: dict[str, Any], request_id: str) -> AsyncGenerator[bytes, None] | None:
        """None: the other server writes its own chunks."""
        return None

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises EngineUnavailable when the server cannot be used and nothing has been sent yet."""
        data = b""
        while (message := await receive())["type"] == "http.request":
            data += message.get("body", b"")
            if not message.get("more_body"):
                break
        with Line(receive) as line:
            await line.while_held(self._pass_on(scope["path"], json.loads(data), len(data), send))

    async def _pass_on(self, path: str, body: dict[str, Any], size: int, send: Send) -> None:
        meter = metering.current.get(None)
        hidden = False
        body = body | {"model": self._connection.model}
        if body.get("stream") and path in ASKED_FOR_USAGE:
            options = body.get("stream_options") or {}
            hidden = not options.get("include_usage")
            body["stream_options"] = options | {"include_usage": True}
        outlet, usage = _Begun(send), Usage(meter, size, hidden=hidden)
        if meter is not None:
            meter.begin()
        try:
            await self._try(path, body, outlet, usage)
        finally:
            usage.close()
            if meter is not None:
                meter.finish()

    async def _try(self, path: str, body: dict[str, Any], outlet: "_Begun", usage: Usage) -> None:
        """Until something has come, a failed request is sent again."""
        for attempt in range(RETRIES + 1):
            try:
                async with self._connection.client.stream("POST", self._connection.url(path), json=body) as response:
                    if response.status_code >= 500 or response.status_code in (401, 403) or response.is_redirect:
                        raise await self._connection.refused(response)
                    await _copy(response, outlet, usage)
                self._connection.lives()
                return
            except (httpx.HTTPError, EngineError) as error:
                final = outlet.begun or attempt == RETRIES or isinstance(error, EngineConfigError)
                if outlet.begun:
                    await outlet.cut()
                    return
                if final:
                    self._connection.failed()
                    raise EngineUnavailable(f"the remote server was lost: {type(error).__name__}") from error
                await asyncio.sleep(RETRY_SECONDS * 2**attempt)


async def _copy(response: httpx.Response, outlet: "_Begun", usage: Usage) -> None:
    headers = [(name.encode(), response.headers[name].encode()) for name in PASSED_HEADERS if name in response.headers]
    start: Message = {"type": "http.response.start", "status": response.status_code, "headers": headers}
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        body = await response.aread()
        usage.whole(body)
        await outlet.send(start)
        await outlet.send({"type": "http.response.body", "body": body, "more_body": False})
        return
    async for block in _events(response.aiter_raw()):
        if usage.event(block):
            await outlet.send(start)
            await outlet.send({"type": "http.response.body", "body": block + b"\n\n", "more_body": True})
    await outlet.send(start)
    await outlet.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _events(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Whole server-sent events, however they arrive. Raises EngineUnavailable for one without an end."""
    buffer = b""
    async for piece in pieces:
        *blocks, buffer = (buffer + piece.replace(b"\r\n", b"\n")).split(b"\n\n")
        for block in blocks:
            yield block
        if len(buffer) > MAX_EVENT:
            raise EngineUnavailable("the remote server sent an event without an end")
    if buffer.strip():
        yield buffer


class _Begun:
    """Remembers whether the response has begun, and begins it once."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def send(self, message: Message) -> None:
        """Only the first start counts."""
        if message["type"] == "http.response.start":
            if self.begun:
                return
            self.begun = True
        await self._send(message)

    async def cut(self) -> None:
        """The server was lost in the middle of its answer."""
        error = {"message": "The remote server broke off in the middle of the answer.", "code": 503}
        data = b"data: " + json.dumps({"error": error | {"type": "server_error"}}).encode() + b"\n\n"
        await self._send({"type": "http.response.body", "body": data, "more_body": False})
