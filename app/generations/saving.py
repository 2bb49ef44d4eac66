"""The answer in the database: in batches while it is written, and once at the end."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any

import structlog

from app.db import Database, now
from app.errors import Unavailable
from app.generations import repository
from app.generations.events import Event, pack
from app.generations.generation import Generation, Outcome
from app.generations.group_commit import GroupCommit

log = structlog.get_logger(__name__)

CHECKPOINT_SECONDS = 1.0
CHECKPOINTS_PER_SECOND = 16
# How long the end of an answer waits for a database that is away before its readers are told of it.
PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 0.5
RETRY_SECONDS = 2.0


class Saving:
    """Writes answers; a database that is away delays, it does not lose."""

    def __init__(self, db: Database, detach_seconds: float) -> None:
        self._db = db
        self._commits = GroupCommit(db)
        self._detach_seconds = detach_seconds
        self._asking = asyncio.Lock()

    async def watch(self, generation: Generation, finished: asyncio.Event) -> None:
        """Once a second: the text so far into the database, and stop what nobody watches any more. In a full house the
        answers share so many writes a second, and none while others wait to write; the journal has every step of them
        in any case."""
        saved, due = 0, 0.0
        while not finished.is_set():
            try:
                async with asyncio.timeout(CHECKPOINT_SECONDS):
                    await finished.wait()
            except TimeoutError:
                if generation.log.unwatched_seconds > self._detach_seconds:
                    generation.cancel("detached")
                steps = len(generation.log.events)
                if steps == saved or generation.watch.started is None or monotonic() < due or self._db.crowded:
                    continue
                try:
                    await self._save(generation, {"status": "running"})
                    saved, due = steps, monotonic() + generation.backend.admission.running / CHECKPOINTS_PER_SECOND
                except Unavailable:
                    log.warning("checkpoint postponed, storage is unavailable", generation_id=str(generation.id))

    async def end(self, generation: Generation, outcome: Outcome, last: Event | None) -> bool:
        """Save before the end event is published, so that whoever sees the end finds the text stored. Without
        `last` the generation goes on in the next process. False when the database was away for PATIENCE_SECONDS."""
        generation.journal.flush()
        events = [*generation.log.events, last] if last is not None else None
        deadline = monotonic() + PATIENCE_SECONDS
        while True:
            try:
                await self._save_end(generation, outcome, events)
                return True
            except Unavailable as error:
                log.warning("answer not saved yet", generation_id=str(generation.id), code=error.code)
            if monotonic() > deadline:
                return False
            await asyncio.sleep(PAUSE_SECONDS)

    async def end_later(self, generation: Generation, outcome: Outcome) -> None:
        """Save an answer whose end has been told, however long the database is away. Of all that wait one asks."""
        generation.journal.flush()
        while True:
            async with self._asking:
                try:
                    await self._save_end(generation, outcome, generation.log.events)
                except Unavailable:
                    await asyncio.sleep(RETRY_SECONDS)
                else:
                    break
        log.info("answer saved at last", generation_id=str(generation.id))

    async def _save_end(self, generation: Generation, outcome: Outcome, events: Sequence[Event] | None) -> None:
        values = {"status": outcome.status, "receipt": outcome.receipt, "error_code": outcome.error_code}
        row: dict[str, Any] = {"token_ids": repository.pack_ids(generation.token_ids)}
        if events is not None:
            row |= {"events": await asyncio.to_thread(pack, list(events)), "ended_at": now()}
        await self._save(generation, values, row)

    async def _save(self, generation: Generation, values: dict[str, Any], row: dict[str, Any] | None = None) -> None:
        values |= {"content": generation.content, "reasoning": "".join(generation.reasoning)}
        values |= {"model": generation.backend.name} if generation.backend.name else {}
        ids = (generation.id, generation.message_id, generation.conversation_id)
        await self._commits.write(repository.Save(*ids, values, row or {}))
