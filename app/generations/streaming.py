"""From the queue to the last token, over engines that die on the way: on the same one, or before the first token on
its fallback."""

import asyncio
import contextlib
import time
from contextlib import AsyncExitStack, aclosing, closing
from typing import Any

import structlog

from app.generations.backends import Backend, Backends
from app.generations.generation import Generation, Pair
from app.tracing import Tracing
from engine.base import Delta, Stage
from engine.errors import EngineBusy, EngineConfigError, EngineError, EngineUnavailable

log = structlog.get_logger(__name__)

# A generation that loses so many engines without a token in between is taken for the cause.
MAX_LOSSES = 3
# Those that have lost so many try the next engine one by one: where all begin at once, the innocent are lost with the
# cause before their next token.
ONE_BY_ONE = 2
# After a lost stream the supervisor has noticed within this many seconds, or the engine lives.
NOTICE_SECONDS = 3.0


class Streaming:
    """`resume_seconds`: how long a generation waits for a lost engine."""

    def __init__(self, backends: Backends, resume_seconds: float, tracing: Tracing) -> None:
        self._backends, self._tracing = backends, tracing
        self._resume_seconds = resume_seconds

    def queued(self, generation: Generation) -> None:
        """Tell the place in the queue."""
        place, backend = generation.ticket.place, generation.backend
        prepared = generation.prepared
        fresh = prepared.prompt.tokens - prepared.likely_cached if prepared else 0
        wait_ms, prefill_ms = backend.admission.eta_ms(place), backend.prefill.predict(fresh)
        data: dict[str, Any] = {
            "generation_id": str(generation.id),
            "conversation_id": str(generation.conversation_id),
            "message_id": str(generation.message_id),
            "position": place,
            # Until the first token, as far as it can be foretold.
            "eta_ms": None if wait_ms is None else wait_ms + (prefill_ms or 0),
        }
        if place and backend.admission.paused:
            data["paused"] = True
        generation.record(("queued", data))

    def resume_eta_ms(self, generation: Generation) -> int | None:
        """How long the engine will need to come back; None before it was ever started."""
        supervisor = generation.backend.supervisor
        eta = supervisor.restart_eta_ms
        return None if eta is None else eta + 1000 * (supervisor.status.retry_seconds or 0)

    async def run(self, generation: Generation) -> str:
        """The finish reason. Raises AppError, EngineUnavailable when going on is given up, or EngineError."""
        if generation.recorded_finish is not None:
            return generation.recorded_finish
        losses, first, coming_back = 0, True, False
        while True:
            backend, before, was_ready = generation.backend, generation.watch.completion_tokens, False
            async with AsyncExitStack() as turn:
                try:
                    with self._tracing.span("admission"):
                        await generation.ticket.granted.wait()
                    await (self._engine_back(backend) if coming_back else self._ready(backend))
                    if not generation.resumable:
                        raise EngineUnavailable("the answer of a remote model cannot go on in its middle")
                    if losses >= ONE_BY_ONE:
                        await turn.enter_async_context(backend.trying)
                        await self._ready(backend)
                    was_ready = True
                    if generation.prepared is None:
                        generation.record_prepared(await generation.prepare(backend.supervisor.engine))
                    with self._tracing.engine(backend.name):
                        return await self._stream(generation, turn, first=first)
                except (EngineUnavailable, EngineConfigError) as lost:
                    backend.supervisor.suspect()
                    other = None if generation.begun else self._backends.instead_of(backend)
                    if other is not None:
                        self._move(generation, other, lost)
                        losses, first, coming_back = 0, True, False
                        continue
                    losses = 1 if generation.watch.completion_tokens > before else losses + 1
                    first, coming_back = False, True
                    if was_ready and losses >= MAX_LOSSES:
                        # Nobody takes the next turn on an engine that is dead.
                        await self._engine_back(backend)
                    final = isinstance(lost, EngineBusy | EngineConfigError) or losses >= MAX_LOSSES
                    if final or not was_ready or not generation.resumable:
                        raise
                    self._tell_lost(generation, lost)

    def _tell_lost(self, generation: Generation, lost: EngineError) -> None:
        log.warning("engine lost, the answer will go on", generation_id=str(generation.id), reason=str(lost))
        generation.watch.pause()
        generation.record(("resuming", {"reason": "engine", "eta_ms": self.resume_eta_ms(generation)}))

    def _move(self, generation: Generation, other: Backend, lost: EngineError) -> None:
        log.warning(
            "the fallback answers",
            generation_id=str(generation.id),
            model=generation.backend.name,
            fallback=other.name,
            reason=str(lost),
        )
        generation.backend.admission.leave(generation.ticket)
        moved = generation.ticket.moved
        generation.backend, generation.prepared, generation.watch.started = other, None, None
        generation.ticket = other.admission.enter(generation.user_id, capped=False)
        generation.ticket.moved = moved
        self.queued(generation)

    async def _ready(self, backend: Backend) -> None:
        # The first engine is waited for; another model can be chosen instead of waiting.
        await backend.supervisor.wait_ready(patient=backend.entry is None)

    async def _engine_back(self, backend: Backend) -> None:
        supervisor = backend.supervisor
        restarts = supervisor.restarts
        try:
            async with asyncio.timeout(self._resume_seconds):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(NOTICE_SECONDS):
                        async for status in supervisor.watch():
                            if status.stage is not Stage.READY or supervisor.restarts != restarts:
                                break
                await self._ready(backend)
        except TimeoutError:
            raise EngineUnavailable("the engine did not come back in time") from None

    async def _stream(self, generation: Generation, turn: AsyncExitStack, *, first: bool) -> str:
        prepared, watch, backend = generation.prepared, generation.watch, generation.backend
        assert prepared is not None
        prompt = prepared.prompt
        watch.prompt_tokens = prompt.tokens + generation.carried_tokens
        begin = time.monotonic()
        watch.started = watch.started or begin
        waiting = prompt.tokens + len(generation.token_ids)
        fresh = waiting - prepared.likely_cached
        prefill_ms = backend.prefill.predict(fresh)
        started = {
            "queue_ms": watch.queue_ms,
            "prompt_tokens": watch.prompt_tokens,
            "predicted_ttft_ms": None if prefill_ms is None else watch.queue_ms + prefill_ms,
            "context_start": prepared.context_start,
            "model": backend.name,
        }
        generation.record(("started", started))
        stream = backend.supervisor.engine.stream(str(generation.id), prompt, prepared.sampling, generation.written)
        finish_reason: str | None = None
        with closing(backend.prefill.reading(fresh)) as reading:
            async with aclosing(stream) as deltas:
                async for delta in deltas:
                    events: list[Pair] = []
                    await turn.aclose()
                    if not reading.over:
                        elapsed = round(1000 * (time.monotonic() - begin))
                        reading.done(waiting - delta.cached_tokens, elapsed)
                        if first:
                            watch.cached_tokens = delta.cached_tokens
                        events.append(("prefilled", {"cached_tokens": delta.cached_tokens, "prefill_ms": elapsed}))
                    self._step(generation, delta, events)
                    finish_reason = delta.finish_reason or finish_reason
        return finish_reason or "stop"

    def _step(self, generation: Generation, delta: Delta, events: list[Pair]) -> None:
        generation.watch.step(delta.tokens)
        generation.watch.hears(reasoning=bool(delta.reasoning), answer=bool(delta.text))
        if delta.usage is not None:
            generation.watch.recount(delta.usage)
        generation.watch.preemptions = max(generation.watch.preemptions, delta.preemptions)
        events += generation.take_carried()
        if delta.reasoning:
            generation.reasoning.append(delta.reasoning)
            events.append(("reasoning", {"text": delta.reasoning}))
        if delta.text:
            generation.text.append(delta.text)
            events.append(("delta", {"text": delta.text}))
        generation.record(*events, delta=delta)
