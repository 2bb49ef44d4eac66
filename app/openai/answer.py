"""From the queue to the last byte of an answer: waits for the place, lets vLLM answer, ends with the client."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.errors import AppError, BadRequest, Unavailable
from app.generations.backends import Backends
from app.openai.call import Call
from app.openai.failing import Failing
from app.openai.inner import inner
from app.openai.outlet import Outlet
from app.tracing import Tracing
from engine import metering
from engine.base import Stage
from engine.errors import EngineUnavailable
from engine.lean_chat import is_last
from engine.line import Line
from engine.supervisor import Supervisor

CHAT = "/v1/chat/completions"
PING_SECONDS = 10.0


class Answer(Response):
    """The response to one call. `close` is awaited at its end, whatever that was."""

    def __init__(
        self,
        call: Call,
        body: dict[str, Any],
        backends: Backends,
        tracing: Tracing,
        close: Callable[[Call], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._call = call
        self._body = body
        self._backends, self._tracing = backends, tracing
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Never raises for the engine's sake: the client gets an error in the shape of its API."""
        call, outlet = self._call, Outlet(scope, send, streams=self._body.get("stream") is True)
        with Line(receive) as line:
            try:
                while await self._place(line, outlet):
                    call.start()
                    with self._tracing.engine(call.model):
                        answered = await self._answered(scope, line, outlet)
                    if answered:
                        break
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
        with self._tracing.span("admission"):
            while line.held and not granted.is_set():
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        await line.while_held(granted.wait())
                except TimeoutError:
                    await outlet.ping()
        return granted.is_set() and line.held

    async def _answered(self, scope: Scope, line: Line, outlet: Outlet) -> bool:
        """False when another model is to answer instead. Raises Unavailable when there is none."""
        try:
            await self._ask(scope, line, outlet)
        except EngineUnavailable as error:
            backend = self._call.backend
            backend.supervisor.suspect()
            other = self._backends.instead_of(backend)
            if outlet.status or other is None:
                raise lost(backend.supervisor) from error
            self._body["model"] = other.supervisor.model_name
            self._call.move(other)
            return False
        return True

    async def _ask(self, scope: Scope, line: Line, outlet: Outlet) -> None:
        call, supervisor = self._call, self._call.backend.supervisor
        api = supervisor.engine.api
        if api is None or not supervisor.ready:
            raise EngineUnavailable("the engine was lost while the call waited")
        token = metering.current.set(call)
        try:
            events = await api.lean_chat(dict(self._body), call.id.hex) if scope["path"] == CHAT else None
            if events is not None:
                await line.while_held(self._write(events, outlet))
            else:
                line.repeat(to_json(self._body))
                failing = Failing(supervisor, self._body, outlet)
                await api.app(inner(scope, call.id.hex), line.receive, failing.send)
                if failing.reason is not None:
                    raise failing.reason
        finally:
            metering.current.reset(token)
        if outlet.status >= 400:
            call.error = BadRequest("The engine has refused it.", code="invalid_request")
            call.error.status = outlet.status
        elif call.finish_reason is None and outlet.complete:
            # The stream has told it; the status was sent before.
            call.error = lost(supervisor)
            supervisor.suspect()

    async def _write(self, events: AsyncGenerator[bytes, None], outlet: Outlet) -> None:
        async with aclosing(events) as pieces:
            async for piece in pieces:
                await outlet.write(piece, last=is_last(piece))
        await outlet.end()


def lost(supervisor: Supervisor) -> Unavailable:
    """The 503 while the engine loads or starts again."""
    # It may be dead and nobody has seen it yet.
    stage = Stage.RESTARTING if supervisor.ready else supervisor.status.stage
    seconds = max(1, round((supervisor.restart_eta_ms or 5000) / 1000), supervisor.status.retry_seconds or 0)
    return Unavailable(
        f"The engine is not ready ({stage.value}). Please try again in {seconds} s.",
        code="engine_not_ready",
        retry_after=seconds,
    )
