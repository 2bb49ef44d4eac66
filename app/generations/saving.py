"""The answer in the database: in batches while it is written, and once at the end."""

import asyncio
from typing import Any

import structlog

from app.conversations import repository as conversations
from app.db import Database, now
from app.errors import AppError, Unavailable
from app.generations import repository
from app.generations.events import Event, pack
from app.generations.generation import Generation

log = structlog.get_logger(__name__)

CHECKPOINT_SECONDS = 1.0
SAVE_ATTEMPTS = 8


class Saving:
    """Writes answers; a database that is away for a while delays, it does not lose."""

    def __init__(self, db: Database, detach_seconds: float) -> None:
        self._db = db
        self._detach_seconds = detach_seconds

    async def watch(self, generation: Generation, finished: asyncio.Event) -> None:
        """Once a second: the text so far into the database, and stop what nobody watches any more."""
        saved = 0
        while not finished.is_set():
            try:
                await asyncio.wait_for(finished.wait(), CHECKPOINT_SECONDS)
            except TimeoutError:
                if generation.log.unwatched_seconds > self._detach_seconds:
                    generation.cancel("detached")
                steps = len(generation.log.events)
                if steps == saved or generation.watch.started is None:
                    continue
                try:
                    await self._save(generation, {"status": "running"})
                    saved = steps
                except Unavailable:
                    log.warning("checkpoint postponed, storage is unavailable", generation_id=str(generation.id))

    async def end(
        self, generation: Generation, status: str, error: AppError | None, receipt: dict[str, Any], last: Event | None
    ) -> bool:
        """Save before the end event is published, so that whoever sees the end finds the text stored. Without
        `last` the generation goes on in the next process. False when it could not be saved."""
        values = {"status": status, "receipt": receipt, "error_code": error.code if error else None}
        row: dict[str, Any] = {}
        if last is not None:
            generation.journal.flush()
            row["events"] = await asyncio.to_thread(pack, [*generation.log.events, last])
            row["ended_at"] = now()
        row["token_ids"] = repository.pack_ids(generation.token_ids)
        for attempt in range(SAVE_ATTEMPTS):
            try:
                await self._save(generation, dict(values), row)
                return True
            except Unavailable:
                log.warning("answer not saved yet, storage is unavailable", generation_id=str(generation.id))
                await asyncio.sleep(min(2**attempt, 30))
        log.error("answer could not be saved", generation_id=str(generation.id))
        return False

    async def _save(self, generation: Generation, values: dict[str, Any], row: dict[str, Any] | None = None) -> None:
        values |= {"content": generation.content, "reasoning": "".join(generation.reasoning)}
        values |= {"model": generation.backend.name} if generation.backend.name else {}
        async with self._db.transaction() as db:
            await repository.update_answer(db, generation.message_id, generation.id, values)
            await conversations.touch(db, generation.conversation_id, now())
            if row:
                await repository.end(db, generation.id, row)
