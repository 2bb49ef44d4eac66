"""An OpenAI-compatible server that behaves as the test says."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

KEY = "remote-key"
REPLY = "멀리서 온 답 입니다"


class ScriptedRemote:
    """Speaks one word a chunk. `faults` are the next answers of `/chat/completions`; `broken` is all further ones.

    `gate` holds every chunk back while it is cleared.
    """

    def __init__(self) -> None:
        self.url = ""
        self.models: list[dict[str, Any]] = [{"id": "big", "max_model_len": 4096}, {"id": "other"}]
        self.reply = REPLY
        self.usage: dict[str, Any] | None = None
        self.bodies: list[dict[str, Any]] = []
        self.traces: list[str | None] = []
        self.probes = 0
        self.faults: list[Response] = []
        self.broken: Response | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.running = 0
        self.closed = asyncio.Event()

    async def list_models(self, request: Request) -> Response:
        """Refuses every key but KEY."""
        self.probes += 1
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": {"message": "no"}}, 401)
        return JSONResponse({"object": "list", "data": self.models})

    async def chat(self, request: Request) -> Response:
        """The reply, or what goes wrong."""
        body = await request.json()
        self.bodies.append(body)
        self.traces.append(request.headers.get("traceparent"))
        if self.faults:
            return self.faults.pop(0)
        if self.broken is not None:
            return self.broken
        return StreamingResponse(self._chunks(body), media_type="text/event-stream")

    async def _chunks(self, body: dict[str, Any]) -> AsyncIterator[str]:
        self.running += 1
        self.closed.clear()
        try:
            words = (self.reply.split(" ") * body["max_tokens"])[: body["max_tokens"]]
            if not body.get("ignore_eos"):
                words = words[: len(self.reply.split(" "))]
            yield chunk({"role": "assistant", "content": ""})
            for number, word in enumerate(words):
                await asyncio.sleep(0.001)
                await self.gate.wait()
                last = number == len(words) - 1
                cut = len(words) == body["max_tokens"]
                yield ": comment\n\n"
                yield chunk({"content": word + ("" if last else " ")}, ("length" if cut else "stop") if last else None)
            if self.usage is not None and body.get("stream_options", {}).get("include_usage"):
                yield f"data: {json.dumps({'choices': [], 'usage': self.usage})}\n\n"
            yield "data: [DONE]\n\n"
        finally:
            self.running -= 1
            self.closed.set()


def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> str:
    """One event of the stream."""
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': finish_reason}]})}\n\n"


def sent(*pieces: str) -> Response:
    """A stream of exactly this, which then ends."""
    return Response("".join(pieces), media_type="text/event-stream")


def refused(status: int, message: str = "broken", headers: dict[str, str] | None = None, **error: Any) -> Response:
    """An error as OpenAI writes it."""
    return JSONResponse({"error": {"message": message, **error}}, status, headers=headers)


@asynccontextmanager
async def scripted_remote() -> AsyncIterator[ScriptedRemote]:
    """A server of its own port, for as long as the context is open."""
    remote = ScriptedRemote()
    routes = [
        Route("/v1/models", remote.list_models),
        Route("/v1/chat/completions", remote.chat, methods=["POST"]),
    ]
    listener = socket.create_server(("127.0.0.1", 0))
    remote.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None, timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield remote
    finally:
        server.should_exit = True
        remote.gate.set()
        await task
