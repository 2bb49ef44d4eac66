"""Runs one generation from the queue to its end event, in a task that nobody's disconnect can cancel."""

import asyncio
import time
from contextlib import aclosing
from typing import Any

import structlog

from app import metrics
from app.conversations import repository
from app.db import Database, now
from app.errors import AppError, Unavailable
from app.generations.admission import Admission
from app.generations.estimate import PrefillEstimate
from app.generations.generation import Generation
from engine.errors import EngineError, EngineUnavailable
from engine.supervisor import Supervisor

log = structlog.get_logger(__name__)

CHECKPOINT_SECONDS = 1.0
SAVE_ATTEMPTS = 8
OUTPUT_WEIGHT = 2


class Runner:
    """What every generation needs to run."""

    def __init__(self, db: Database, supervisor: Supervisor, admission: Admission) -> None:
        self._db = db
        self._supervisor = supervisor
        self._admission = admission
        self._prefill = PrefillEstimate()

    async def run(self, generation: Generation) -> None:
        """Queue, stream, save, end. Never raises: every failure becomes the end of the log."""
        self._queued(generation)
        generation.ticket.moved = lambda: self._queued(generation)
        generation.work = asyncio.create_task(self._work(generation))
        if generation.ending is not None:
            generation.work.cancel()
        finished = asyncio.Event()
        checkpoints = asyncio.create_task(self._checkpoints(generation, finished))
        status, error, finish_reason = "done", None, None
        try:
            finish_reason = await generation.work
        except asyncio.CancelledError:
            status = "cancelled" if generation.ending == "stop" else "interrupted"
            finish_reason = "cancelled" if generation.ending == "stop" else None
        except AppError as failure:
            status, error = "error", failure
        except EngineUnavailable as failure:
            self._supervisor.suspect()
            status, error = "interrupted", Unavailable(str(failure), code="engine_lost", retry_after=10)
        except EngineError as failure:
            status, error = "error", AppError(str(failure), code="engine_error")
        except Exception:
            log.exception("generation failed", generation_id=str(generation.id))
            status, error = "error", AppError("Something went wrong on the server.")
        finally:
            finished.set()
            watch = generation.watch
            inside = time.monotonic() - watch.started if watch.started else None
            # Output is worth more than input: a prompt is read at once, an answer is written step by step.
            work = watch.prompt_tokens - watch.cached_tokens + OUTPUT_WEIGHT * watch.completion_tokens
            self._admission.leave(generation.ticket, inside, work)
        # Not cancelled but awaited: a checkpoint under way must not overwrite the final state.
        await checkpoints
        await self._end(generation, status, error, finish_reason)

    def _queued(self, generation: Generation) -> None:
        place = generation.ticket.place
        generation.log.append(
            "queued",
            {
                "generation_id": str(generation.id),
                "conversation_id": str(generation.conversation_id),
                "message_id": str(generation.message_id),
                "position": place,
                "eta_ms": self._admission.eta_ms(place),
            },
        )

    async def _work(self, generation: Generation) -> str:
        await generation.ticket.granted.wait()
        await self._supervisor.wait_ready()
        prompt, sampling = await generation.prepare()
        watch, events = generation.watch, generation.log
        watch.prompt_tokens = prompt.tokens
        watch.started = time.monotonic()
        prefill_ms = self._prefill.predict(prompt.tokens)
        predicted = None if prefill_ms is None else watch.queue_ms + prefill_ms
        events.append(
            "started",
            {"queue_ms": watch.queue_ms, "prompt_tokens": prompt.tokens, "predicted_ttft_ms": predicted},
        )
        finish_reason = "stop"
        stream = self._supervisor.engine.stream(str(generation.id), prompt, sampling)
        async with aclosing(stream) as deltas:
            async for delta in deltas:
                if watch.first is None:
                    watch.cached_tokens = delta.cached_tokens
                    watch.step(len(delta.token_ids))
                    self._prefill.observe(prompt.tokens - delta.cached_tokens, watch.prefill_ms)
                    events.append("prefilled", {"cached_tokens": delta.cached_tokens, "prefill_ms": watch.prefill_ms})
                else:
                    watch.step(len(delta.token_ids))
                if delta.reasoning:
                    generation.reasoning.append(delta.reasoning)
                    events.append("reasoning", {"text": delta.reasoning})
                if delta.text:
                    generation.text.append(delta.text)
                    events.append("delta", {"text": delta.text})
                finish_reason = delta.finish_reason or finish_reason
        return finish_reason

    async def _checkpoints(self, generation: Generation, finished: asyncio.Event) -> None:
        """The text so far into the database once a second, so that a killed server loses little."""
        saved = 0
        while not finished.is_set():
            try:
                await asyncio.wait_for(finished.wait(), CHECKPOINT_SECONDS)
            except TimeoutError:
                steps = len(generation.log.events)
                if steps == saved or generation.watch.started is None:
                    continue
                try:
                    await self._save(generation, {"status": "running"})
                    saved = steps
                except Unavailable:
                    log.warning("checkpoint postponed, storage is unavailable", generation_id=str(generation.id))

    async def _save(self, generation: Generation, values: dict[str, Any]) -> None:
        values |= {"content": generation.content, "reasoning": "".join(generation.reasoning)}
        async with self._db.transaction() as db:
            await repository.update_message(db, generation.message_id, values)
            await repository.touch(db, generation.conversation_id, now())

    async def _end(
        self, generation: Generation, status: str, error: AppError | None, finish_reason: str | None
    ) -> None:
        watch = generation.watch
        receipt = watch.receipt(finish_reason)
        values = {"status": status, "receipt": receipt, "error_code": error.code if error else None}
        generation.error = error
        await self._save_at_last(generation, values)
        metrics.observe_generation(self._supervisor.model_name, status, watch)
        log.info(
            "generation ended",
            generation_id=str(generation.id),
            user_id=str(generation.user_id),
            status=status,
            error_code=error.code if error else None,
            **watch.usage(),
            **watch.timing(),
        )
        if error is not None:
            data: dict[str, Any] = {"code": error.code, "message": error.message}
            if error.retry_after is not None:
                data["retry_after"] = error.retry_after
            generation.log.append("error", data | ({"params": error.params} if error.params else {}))
        elif finish_reason is not None:
            generation.log.append("done", receipt)
        else:
            generation.log.close()

    async def _save_at_last(self, generation: Generation, values: dict[str, Any]) -> None:
        """Save before the end event, so that whoever sees the end finds the text stored."""
        for attempt in range(SAVE_ATTEMPTS):
            try:
                await self._save(generation, dict(values))
                return
            except Unavailable:
                log.warning("answer not saved yet, storage is unavailable", generation_id=str(generation.id))
                await asyncio.sleep(min(2**attempt, 30))
        log.error("answer could not be saved", generation_id=str(generation.id))
