"""From the queue to the last token, over engines that die on the way."""

import asyncio
import contextlib
import time
from contextlib import aclosing, closing
from typing import Any

import structlog

from app.generations.admission import Admission
from app.generations.estimate import PrefillEstimate
from app.generations.events import EventType
from app.generations.generation import Generation
from engine.base import Delta, Stage
from engine.errors import EngineUnavailable
from engine.supervisor import Supervisor

log = structlog.get_logger(__name__)

Pair = tuple[EventType, dict[str, Any]]

# A generation that loses so many engines without a token in between is taken for the cause.
MAX_LOSSES = 3
# After a lost stream the supervisor has noticed within this many seconds, or the engine lives.
NOTICE_SECONDS = 3.0


class Streaming:
    """`resume_seconds`: how long a generation waits for a lost engine."""

    def __init__(self, supervisor: Supervisor, admission: Admission, resume_seconds: float) -> None:
        self._supervisor = supervisor
        self._admission = admission
        self._resume_seconds = resume_seconds
        self._prefill = PrefillEstimate()

    def queued(self, generation: Generation) -> None:
        """Tell the place in the queue."""
        place = generation.ticket.place
        prepared = generation.prepared
        fresh = prepared.prompt.tokens - prepared.likely_cached if prepared else 0
        wait_ms, prefill_ms = self._admission.eta_ms(place), self._prefill.predict(fresh)
        data = {
            "generation_id": str(generation.id),
            "conversation_id": str(generation.conversation_id),
            "message_id": str(generation.message_id),
            "position": place,
            # Until the first token, as far as it can be foretold.
            "eta_ms": None if wait_ms is None else wait_ms + (prefill_ms or 0),
        }
        generation.record(("queued", data))

    def resume_eta_ms(self) -> int | None:
        """How long the engine will need to come back; None before it was ever started."""
        eta = self._supervisor.restart_eta_ms
        return None if eta is None else eta + 1000 * (self._supervisor.status.retry_seconds or 0)

    async def run(self, generation: Generation) -> str:
        """The finish reason. Raises AppError, EngineUnavailable when going on is given up, or EngineError."""
        if generation.recorded_finish is not None:
            return generation.recorded_finish
        await generation.ticket.granted.wait()
        await self._supervisor.wait_ready()
        losses, first = 0, True
        while True:
            before = len(generation.token_ids)
            try:
                if generation.prepared is None:
                    generation.record_prepared(await generation.prepare())
                return await self._stream(generation, first=first)
            except EngineUnavailable as lost:
                losses = 1 if len(generation.token_ids) > before else losses + 1
                first = False
                self._supervisor.suspect()
                info = self._supervisor.info
                if losses >= MAX_LOSSES or (generation.token_ids and info is not None and not info.resumable):
                    raise
                log.warning("engine lost, the answer will go on", generation_id=str(generation.id), reason=str(lost))
                generation.watch.pause()
                generation.record(("resuming", {"reason": "engine", "eta_ms": self.resume_eta_ms()}))
                await self._engine_back()

    async def _engine_back(self) -> None:
        restarts = self._supervisor.restarts
        try:
            async with asyncio.timeout(self._resume_seconds):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(NOTICE_SECONDS):
                        async for status in self._supervisor.watch():
                            if status.stage is not Stage.READY or self._supervisor.restarts != restarts:
                                break
                await self._supervisor.wait_ready()
        except TimeoutError:
            raise EngineUnavailable("the engine did not come back in time") from None

    async def _stream(self, generation: Generation, *, first: bool) -> str:
        prepared, watch = generation.prepared, generation.watch
        assert prepared is not None
        prompt = prepared.prompt
        watch.prompt_tokens = prompt.tokens + generation.carried_tokens
        begin = time.monotonic()
        watch.started = watch.started or begin
        waiting = prompt.tokens + len(generation.token_ids)
        fresh = waiting - prepared.likely_cached
        prefill_ms = self._prefill.predict(fresh)
        started = {
            "queue_ms": watch.queue_ms,
            "prompt_tokens": watch.prompt_tokens,
            "predicted_ttft_ms": None if prefill_ms is None else watch.queue_ms + prefill_ms,
            "context_start": prepared.context_start,
        }
        generation.record(("started", started))
        stream = self._supervisor.engine.stream(str(generation.id), prompt, prepared.sampling, generation.written)
        finish_reason: str | None = None
        with closing(self._prefill.reading(fresh)) as reading:
            async with aclosing(stream) as deltas:
                async for delta in deltas:
                    events: list[Pair] = []
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
        generation.watch.step(len(delta.token_ids))
        generation.watch.preemptions = max(generation.watch.preemptions, delta.preemptions)
        if generation.carried:
            events.append(("delta", {"text": generation.carried}))
            generation.carried = ""
        if delta.reasoning:
            generation.reasoning.append(delta.reasoning)
            events.append(("reasoning", {"text": delta.reasoning}))
        if delta.text:
            generation.text.append(delta.text)
            events.append(("delta", {"text": delta.text}))
        generation.record(*events, token_ids=delta.token_ids, finish=delta.finish_reason)
