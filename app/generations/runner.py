"""Runs one generation from the queue to its end event, in a task that nobody's disconnect can cancel."""

import asyncio
import time
from dataclasses import replace

import structlog

from app import metrics
from app.errors import AppError, TooLarge, Unavailable
from app.generations.generation import Generation, Outcome
from app.generations.saving import Saving
from app.generations.streaming import Streaming
from app.limits.ledger import Ledger
from app.request_log.service import RequestLogService
from app.tracing import Tracing
from engine.errors import EngineBusy, EngineError, EngineUnavailable, PromptTooLong

log = structlog.get_logger(__name__)

# When a busy engine does not say when to come again.
BUSY_SECONDS = 5


class Runner:
    """What every generation needs to run."""

    def __init__(
        self,
        saving: Saving,
        streaming: Streaming,
        ledger: Ledger,
        requests: RequestLogService,
        tracing: Tracing,
    ) -> None:
        self._saving = saving
        self._streaming = streaming
        self._requests = requests
        self._ledger = ledger
        self._tracing = tracing
        # Answers whose end was told before it could be stored.
        self.unsaved = 0

    async def run(self, generation: Generation) -> None:
        """Queue, stream, save, end. Never raises: every failure becomes the end of the log."""
        with self._tracing.span("generation", {"vllm_chat.generation_id": str(generation.id)}):
            await self._run(generation)

    async def _run(self, generation: Generation) -> None:
        if generation.log.events:
            generation.record(("resuming", {"reason": "server", "eta_ms": self._streaming.resume_eta_ms(generation)}))
        else:
            generation.record_start(time.time())
            if generation.prepared is not None:
                generation.record_prepared(generation.prepared)
            self._streaming.queued(generation)
        generation.ticket.moved = lambda: self._streaming.queued(generation)
        generation.work = asyncio.create_task(self._streaming.run(generation))
        if generation.ending is not None:
            generation.work.cancel()
        finished = asyncio.Event()
        watching = asyncio.create_task(self._saving.watch(generation, finished))
        status, error, finish_reason = "done", None, None
        try:
            finish_reason = await generation.work
        except asyncio.CancelledError:
            status = "interrupted" if generation.ending == "shutdown" else "cancelled"
            finish_reason = None if generation.ending == "shutdown" else "cancelled"
        except AppError as failure:
            status, error = "error", failure
        except EngineBusy as failure:
            after = failure.retry_after or BUSY_SECONDS
            status, error = "error", Unavailable(str(failure), code="engine_busy", retry_after=after)
        except PromptTooLong as failure:
            counts = {"tokens": failure.tokens, "limit": failure.limit, "window": failure.limit}
            status, error = "error", TooLarge(str(failure), code="context_length_exceeded", **counts)
        except EngineUnavailable as failure:
            status, error = "interrupted", Unavailable(str(failure), code="engine_lost", retry_after=10)
        except EngineError as failure:
            status, error = "error", AppError(str(failure), code="engine_error")
        except Exception:
            log.exception("generation failed", generation_id=str(generation.id))
            status, error = "error", AppError("Something went wrong on the server.")
        finally:
            finished.set()
            watch = generation.watch
            generation.backend.admission.leave(generation.ticket, watch.inside, watch.work)
        # Not cancelled but awaited: a checkpoint under way must not overwrite the final state.
        await watching
        if error is None and finish_reason is None:
            await self._ledger.hand_over(generation.reservation)
        else:
            await self._ledger.settle(generation.reservation, generation.tokens_used)
        try:
            await self._end(generation, status, error, finish_reason)
        finally:
            # Whatever happens, nobody follows for ever.
            generation.log.close()

    async def _end(
        self, generation: Generation, status: str, error: AppError | None, finish_reason: str | None
    ) -> None:
        watch = generation.watch
        receipt = watch.receipt(finish_reason)
        receipt["context_start"] = generation.prepared.context_start if generation.prepared else None
        outcome = Outcome(status, receipt, error.code if error else None)
        if error is None and finish_reason is None:
            # The server stops: the next process goes on from the journal, with the next seq.
            await self._saving.end(generation, outcome, None)
            return
        if carried := generation.take_carried():
            generation.record(*carried)
        event = generation.log.create(*(("done", receipt) if error is None else ("error", error.as_data())))
        saved = await self._saving.end(generation, outcome, event)
        self._tracing.ended(generation.backend.name, status, receipt)
        metrics.observe_generation(generation.backend.name, status, watch, receipt, generation.ending)
        log.info(
            "generation ended",
            generation_id=str(generation.id),
            user_id=str(generation.user_id),
            status=status,
            error_code=outcome.error_code,
            **receipt["usage"],
            **receipt["timing"],
        )
        if saved:
            generation.log.publish(event)
        else:
            generation.record_unsaved(replace(event, data=event.data | {"saved": False}), outcome)
            self.unsaved += 1
            try:
                await self._saving.end_later(generation, outcome)
            finally:
                self.unsaved -= 1
            generation.unsaved = False
        self._requests.ended(generation, generation.backend.name, status, error, receipt)
        generation.journal.end(generation.id)
