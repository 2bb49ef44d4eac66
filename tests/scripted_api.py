"""An engine's API that says what the test wrote, for tests of what stands in front of it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from engine import metering


class ScriptedApi:
    """Implements `engine.base.Api`. A request is a prompt of 3 tokens, of which one was cached, and one token for each
    word of `words`; `gate` holds every token back while it is cleared. `status`: refuse with it."""

    def __init__(self, words: str = "one two three") -> None:
        self.words = words.split()
        self.gate = asyncio.Event()
        self.gate.set()
        self.status = 200
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.running = 0
        self.broken = False

    @property
    def adapters(self) -> list[str]:
        """One LoRA adapter."""
        return ["adapter"]

    async def lean_chat(self, body: dict[str, Any], request_id: str) -> AsyncGenerator[bytes, None] | None:
        """Plain when it streams."""
        if not body.get("stream") or self.status != 200:
            return None
        self.bodies.append(body)
        return self._events()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Everything else, as vLLM's routers do it: work goes on until the client is seen to hang up."""
        request = Request(scope, receive)
        body = json.loads(await request.body())
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        if self.status != 200:
            response: Response = JSONResponse({"error": {"message": "no", "code": self.status}}, self.status)
        elif metering.current.get(None) is None:
            response = JSONResponse({"count": len(self.words)})
        elif body.get("stream"):
            response = StreamingResponse(self._events(), media_type="text/event-stream")
        else:
            work = asyncio.create_task(self._whole())
            gone = asyncio.ensure_future(receive())
            await asyncio.wait([work, gone], return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                return
            gone.cancel()
            response = JSONResponse({"text": work.result(), "model": body["model"]})
        await response(scope, receive, send)

    async def _whole(self) -> str:
        return "".join([piece.decode() async for piece in self._events()])

    async def _events(self) -> AsyncGenerator[bytes, None]:
        meter = metering.current.get()
        meter.begin()
        self.running += 1
        try:
            meter.read(3, 1)
            for word in self.words:
                await asyncio.sleep(0)  # a token takes its time
                await self.gate.wait()
                if self.broken:
                    yield b'data: {"error": {"message": "engine died"}}\n\n'
                    return
                meter.step(1, 0)
                yield f"data: {word}\n\n".encode()
            meter.ended("stop")
        finally:
            self.running -= 1
            meter.finish()
