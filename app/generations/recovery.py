"""After a crash: what the journal of the killed process holds goes on, or is marked as interrupted."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog

from app.conversations.models import Message
from app.db import Database, now
from app.errors import AppError, Unavailable
from app.generations import repository
from app.generations.backends import Backends
from app.generations.events import Event, EventLog
from app.generations.generation import Generation, Outcome, Prepare, Prepared
from app.generations.journal import Journal, Record
from app.generations.receipt import Stopwatch
from app.generations.saving import Saving
from app.limits.bounds import Account, most_tokens
from app.limits.ledger import Ledger
from app.limits.store import Reservation
from app.origin import Origin
from app.request_log.service import RequestLogService
from engine.base import Prompt, Sampling

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Lost:
    """What the journal says about one generation."""

    start: dict[str, Any]
    records: int
    prepared: Prepared | None = None
    token_ids: list[int] = field(default_factory=list)
    log: EventLog = field(default_factory=EventLog)
    finish: str | None = None
    # Tokens without ids.
    unnamed: int = 0
    outcome: Outcome | None = None


def replay(records: list[Record]) -> Lost:
    """Put the records of one generation together. Raises KeyError when the first one is missing."""
    lost = Lost(records[0]["start"], len(records))
    lost.token_ids += lost.start["ids"]
    for record in records[1:]:
        if "prepared" in record:
            lost.prepared = _prepared(record["prepared"])
            continue
        lost.token_ids += record["ids"]
        lost.unnamed += record.get("unnamed", 0)
        lost.finish = record.get("finish") or lost.finish
        if "outcome" in record:
            lost.outcome = Outcome(**record["outcome"])
        for type_, data in record["events"]:
            lost.log.publish(Event(len(lost.log.events) + 1, type_, data))
    return lost


def _prepared(record: dict[str, Any]) -> Prepared | None:
    if record["ids"] is None:
        return None  # a remote engine needs the messages, which only the database has
    sampling = record["sampling"] | {"stop": tuple(record["sampling"]["stop"])}
    prompt = Prompt((), record["tokens"], tuple(record["ids"]), cache_salt=record["salt"])
    return Prepared(prompt, Sampling(**sampling), record["context_start"])


class PrepareAgain(Protocol):
    """How to build the prompt of a stored answer again."""

    def __call__(self, user_id: UUID, answer: Message) -> Prepare: ...


class Recovery:
    """Run once for a journal: at start, before requests are taken, and for another server's that has ended."""

    def __init__(
        self,
        db: Database,
        saving: Saving,
        backends: Backends,
        journal: Journal,
        ledger: Ledger,
        requests: RequestLogService,
        resume_seconds: float,
    ) -> None:
        self._db = db
        self._saving = saving
        self._backends = backends
        self._journal = journal
        self._requests = requests
        self._ledger = ledger
        self._resume_seconds = resume_seconds

    async def run(self, instance: str, prepare: PrepareAgain) -> list[Generation]:
        """The generations to run again, each with a `resuming` event behind what its followers have seen."""
        left = self._journal.read()
        age = time.time() - self._journal.last_write()
        self._journal.open()
        resumed: list[Generation] = []
        try:
            count = await self._sort(left, age, instance, prepare, resumed)
        except Unavailable:
            # Who tries again gets other tickets.
            for generation in resumed:
                generation.backend.admission.leave(generation.ticket)
            raise
        if resumed or count:
            log.warning("answers of a stopped server", resumed=len(resumed), interrupted=count)
        return resumed

    async def _sort(
        self,
        left: dict[UUID, list[Record]],
        age: float,
        instance: str,
        prepare: PrepareAgain,
        resumed: list[Generation],
    ) -> int:
        """Put what goes on into `resumed`, and end the rest. Tells how many are marked as interrupted."""
        for generation_id, records in left.items():
            self._journal.adopt(generation_id, len(records))
            async with self._db.transaction() as db:
                message = await repository.resumable(db, generation_id)
            if message is None:
                self._journal.end(generation_id)
                continue
            lost = replay(records)
            reservation = await self._adopt(generation_id, lost)
            generation = self._generation(generation_id, lost, reservation, message, prepare)
            if lost.outcome is not None:
                await self._save(generation, lost.outcome)
            elif age <= self._resume_seconds or lost.finish is not None:
                resumed.append(generation)
            else:
                await self._give_up(generation)
        await self._unheard(instance, left, prepare, resumed)
        async with self._db.transaction() as db:
            kept = {generation.id for generation in resumed}
            for generation in resumed:
                await repository.set_status(db, generation.id, "running" if generation.prepared else "queued")
            return await repository.interrupt_unfinished(db, instance, kept, now())

    async def _unheard(
        self, instance: str, left: Collection[UUID], prepare: PrepareAgain, resumed: list[Generation]
    ) -> None:
        """Stored an instant before the end: these begin anew, and whoever asks again with the same key finds them."""
        async with self._db.reading() as db:
            since = now() - timedelta(seconds=self._resume_seconds)
            stored = await repository.unheard(db, instance, left, since)
        for message, user_id in stored:
            assert message.generation_id is not None
            ids = {"user": str(user_id), "conversation": str(message.conversation_id), "message": str(message.id)}
            lost = Lost(ids | {"accepted": message.created_at.timestamp(), "carried": "", "ids": []}, 0)
            reservation = await self._adopt(message.generation_id, lost)
            resumed.append(self._generation(message.generation_id, lost, reservation, message, prepare))

    async def _adopt(self, generation_id: UUID, lost: Lost) -> Reservation:
        user_id, prepared = UUID(lost.start["user"]), lost.prepared
        names = lost.start.get("accounts") or [f"user:{user_id}"]
        most = prepared.prompt.tokens + prepared.sampling.max_tokens if prepared else most_tokens(None, None, None)
        return await self._ledger.adopt(tuple(Account(user_id, name) for name in names), generation_id, most)

    def _generation(
        self, generation_id: UUID, lost: Lost, reservation: Reservation, message: Message, prepare: PrepareAgain
    ) -> Generation:
        user_id = UUID(lost.start["user"])
        watch = Stopwatch()
        data = {event.type: event.data for event in lost.log.events}
        watch.restore(
            max(0.0, time.time() - lost.start["accepted"]),
            data.get("started", {}).get("queue_ms"),
            data.get("prefilled", {}).get("prefill_ms"),
        )
        watch.prompt_tokens = data.get("started", {}).get("prompt_tokens", 0)
        watch.cached_tokens = data.get("prefilled", {}).get("cached_tokens", 0)
        carried_tokens = len(lost.start["ids"])
        watch.completion_tokens = len(lost.token_ids) - carried_tokens + lost.unnamed
        text = lost.log.text()
        reasoning = "".join(event.data["text"] for event in lost.log.events if event.type == "reasoning")
        carried = "" if text else lost.start["carried"]
        carried_reasoning = "" if reasoning or text else lost.start.get("carried_reasoning", "")
        backend = self._backends.writer_of(message.model)
        return Generation(
            id=generation_id,
            user_id=user_id,
            conversation_id=UUID(lost.start["conversation"]),
            message_id=UUID(lost.start["message"]),
            backend=backend,
            prepare=prepare(user_id, message),
            ticket=backend.admission.enter(user_id, capped=False),
            reservation=reservation,
            journal=self._journal,
            log=lost.log,
            # A remote engine needs the messages, which only the database has.
            prepared=lost.prepared if backend.remote is None else None,
            watch=watch,
            token_ids=lost.token_ids,
            carried_tokens=carried_tokens,
            carried=carried,
            carried_reasoning=carried_reasoning,
            text=[text or carried],
            reasoning=[reasoning or carried_reasoning],
            recorded_finish=lost.finish,
            origin=Origin.from_record(lost.start.get("origin", {})),
        )

    async def _save(self, generation: Generation, outcome: Outcome) -> None:
        """It has ended before the earlier process, which could not store it any more."""
        await self._leave(generation)
        await self._saving.end_later(generation, outcome)
        last = generation.log.events[-1]
        self._ended(generation, outcome, AppError.from_data(last.data) if last.type == "error" else None)

    async def _give_up(self, generation: Generation) -> None:
        error = Unavailable("The server was away for too long.", code="interrupted")
        if carried := generation.take_carried():
            generation.record(*carried)
        last = generation.log.create("error", error.as_data())
        outcome = Outcome("interrupted", generation.watch.receipt(None), error.code)
        await self._leave(generation)
        if await self._saving.end(generation, outcome, last):
            self._ended(generation, outcome, error)

    async def _leave(self, generation: Generation) -> None:
        generation.backend.admission.leave(generation.ticket)
        await self._ledger.settle(generation.reservation, generation.tokens_used)

    def _ended(self, generation: Generation, outcome: Outcome, error: AppError | None) -> None:
        self._requests.ended(generation, None, outcome.status, error, outcome.receipt)
        self._journal.end(generation.id)
