"""From the queue to the last byte of an answer: waits for the place, lets vLLM answer, ends with the client."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.errors import AppError, BadRequest, Unavailable
from app.openai.call import Call
from app.openai.inner import inner
from app.openai.line import Line
from app.openai.outlet import Outlet
from engine import metering
from engine.errors import EngineError
from engine.supervisor import Supervisor

CHAT = "/v1/chat/completions"
PING_SECONDS = 10.0


class Answer(Response):
    """The response to one call. `close` is awaited at its end, whatever that was."""

    def __init__(
        self,
        call: Call,
        body: dict[str, object],
        data: bytes,
        supervisor: Supervisor,
        close: Callable[[Call], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._call = call
        self._body = body
        self._data = data
        self._supervisor = supervisor
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Never raises for the engine's sake: the client gets an error in the shape of its API."""
        call, outlet = self._call, Outlet(scope, send, streams=self._body.get("stream") is True)
        with Line(receive, self._data) as line:
            try:
                if await self._place(line, outlet):
                    call.start()
                    await self._answer(scope, line, outlet)
                call.hung_up = not outlet.complete and not line.held
            except AppError as error:
                call.error = error
                await outlet.refuse(error)
            except BaseException:
                call.hung_up = True
                raise
            finally:
                # Not to be cut short when the server stops: what was used is to be counted.
                await asyncio.shield(self._close(call))

    async def _place(self, line: Line, outlet: Outlet) -> bool:
        """False when the client has hung up before."""
        granted = self._call.ticket.granted
        while line.held and not granted.is_set():
            try:
                await line.while_held(asyncio.wait_for(granted.wait(), PING_SECONDS))
            except TimeoutError:
                await outlet.ping()
        return granted.is_set() and line.held

    async def _answer(self, scope: Scope, line: Line, outlet: Outlet) -> None:
        api = self._supervisor.engine.api
        if api is None or not self._supervisor.ready:
            raise lost(self._supervisor)
        token = metering.current.set(self._call)
        try:
            events = await api.lean_chat(dict(self._body), self._call.id.hex) if scope["path"] == CHAT else None
            if events is not None:
                await line.while_held(_write(events, outlet))
            else:
                await api.app(inner(scope, self._call.id.hex), line.receive, self._checked(outlet))
        finally:
            metering.current.reset(token)
        if outlet.status >= 400:
            self._call.error = BadRequest("vLLM has refused it.", code="invalid_request")
            self._call.error.status = outlet.status
        elif self._call.finish_reason is None and outlet.complete:
            # The stream has told it; the status was sent before.
            self._call.error = lost(self._supervisor)
            self._supervisor.suspect()

    def _checked(self, outlet: Outlet) -> Send:
        """Like `send`, but an engine that has died is no 500: it is back in a moment."""
        dropped = False

        async def send(message: Message) -> None:
            nonlocal dropped
            if message["type"] == "http.response.start" and message["status"] >= 500:
                try:
                    await self._supervisor.engine.check_health()
                except EngineError:
                    self._supervisor.suspect()
                    dropped = True
                    self._call.error = lost(self._supervisor)
                    await outlet.refuse(self._call.error)
            if not dropped:
                await outlet.send(message)

        return send


async def _write(events: AsyncGenerator[bytes, None], outlet: Outlet) -> None:
    async with aclosing(events):
        async for piece in events:
            await outlet.write(piece)
    await outlet.end()


def lost(supervisor: Supervisor) -> Unavailable:
    """The 503 while the engine loads or starts again."""
    seconds = max(1, round((supervisor.restart_eta_ms or 5000) / 1000), supervisor.status.retry_seconds or 0)
    return Unavailable(
        f"The engine is not ready ({supervisor.status.stage.value}). Please try again in {seconds} s.",
        code="engine_not_ready",
        retry_after=seconds,
    )
