"""All generations of this process: start, find, stop, and end them at shutdown."""

import asyncio
from collections.abc import Callable, Collection
from time import monotonic
from typing import Protocol
from uuid import UUID

from app.auth.current import CurrentUser
from app.db import Database
from app.errors import Gone, NotFound, Unavailable
from app.generations import repository
from app.generations.admission import Admission, Ticket
from app.generations.backends import Backend, Backends
from app.generations.events import EventLog, unpack
from app.generations.generation import Followed, Generation, Prepare, Prepared
from app.generations.journal import Journal
from app.generations.receipt import Stopwatch
from app.generations.replicas import Replicas
from app.generations.runner import Runner
from app.limits.store import Reservation
from app.storage_errors import storage_unavailable
from engine.base import Written

# So many answers may wait in memory for a database that takes questions and no answers.
MAX_UNSAVED = 100
# How long the log of an ended generation stays in memory, in seconds; then it is read from the database.
KEEP_SECONDS = 30
LOOK_SECONDS = 0.05


class NewAnswer(Protocol):
    """The stored assistant row that a generation fills."""

    id: UUID
    conversation_id: UUID
    generation_id: UUID | None


class Generations:
    """The registry. It keeps the references that keep the tasks alive."""

    def __init__(
        self, db: Database, runner: Runner, backends: Backends, journal: Journal, replicas: Replicas | None
    ) -> None:
        self._db = db
        self._backends = backends
        self._runner = runner
        self._journal = journal
        self._replicas = replicas
        self._all: dict[UUID, Generation] = {}
        self._stopping = self._closed = False
        if replicas is not None:
            replicas.listen(self.stop_here)

    @property
    def stopping(self) -> bool:
        """True when the server is to be asked nothing any more; what had come in before is still admitted."""
        return self._stopping

    @property
    def admission(self) -> Admission:
        """The queue of the first engine."""
        return self._backends.default.admission

    def admit(self, user_id: UUID, backend: Backend | None = None) -> Ticket:
        """Take a place before anything is stored, at the first engine if no other is named. Raises Unavailable."""
        if self._closed:
            raise Unavailable("The server is shutting down.", code="shutting_down", retry_after=10)
        if self._runner.unsaved >= MAX_UNSAVED:
            raise storage_unavailable()
        return (backend or self._backends.default).admission.enter(user_id)

    def start(
        self,
        answer: NewAnswer,
        backend: Backend,
        ticket: Ticket,
        reservation: Reservation,
        prepare: Prepare,
        prepared: Prepared | None = None,
        carried: Written | None = None,
    ) -> Generation:
        """Begin; the generation runs on whether or not anybody follows it. `prepared` while the engine was ready, else
        `prepare` is called when it is. `carried` is what the answer holds already."""
        assert answer.generation_id is not None
        already = carried or Written((), "")
        generation = Generation(
            id=answer.generation_id,
            user_id=ticket.user_id,
            conversation_id=answer.conversation_id,
            message_id=answer.id,
            backend=backend,
            prepare=prepare,
            prepared=prepared,
            ticket=ticket,
            reservation=reservation,
            journal=self._journal,
            watch=Stopwatch(accepted=ticket.entered),
            carried=already.text,
            carried_reasoning=already.reasoning,
            carried_tokens=len(already.token_ids),
            token_ids=list(already.token_ids),
            text=[already.text],
            reasoning=[already.reasoning],
        )
        return self.run(generation)

    def run(self, generation: Generation) -> Generation:
        """Run it in a task of its own."""
        self._all[generation.id] = generation
        generation.task = asyncio.create_task(self._runner.run(generation), name=f"generation-{generation.id}")
        generation.task.add_done_callback(lambda _: self._forget_later(generation.id))
        if self._replicas is not None:
            self._replicas.mirror(generation)
        return generation

    def _forget_later(self, generation_id: UUID) -> None:
        asyncio.get_running_loop().call_later(KEEP_SECONDS, self._all.pop, generation_id, None)

    def running_in(self, conversation_id: UUID) -> list[Generation]:
        """The generations of a conversation that have not ended."""
        return [one for one in self._all.values() if one.conversation_id == conversation_id and not one.log.closed]

    def forget_ended(self, conversation_ids: Collection[UUID]) -> None:
        """These conversations were deleted: what has ended in them is not to be found here any more."""
        for one in list(self._all.values()):
            if one.conversation_id in conversation_ids and one.log.closed and not one.unsaved:
                self._all.pop(one.id)

    async def find(self, user: CurrentUser, generation_id: UUID, *, deleted: bool = False) -> Followed:
        """Running here, running on another replica, or ended; in a `deleted` conversation only when asked for.

        Raises NotFound for an unknown id and for somebody else's, Gone when its events are no longer kept.
        """
        generation = self._all.get(generation_id)
        if generation is not None and generation.user_id == user.id:
            return generation
        async with self._db.reading() as db:
            row = await repository.generation(db, user.id, generation_id, deleted=deleted)
        if row is None:
            raise NotFound("There is no such generation.")
        found = Followed(id=row.id, user_id=row.user_id, conversation_id=row.conversation_id, message_id=row.message_id)
        if row.events is not None:
            found.log = await asyncio.to_thread(unpack, row.events)
        elif row.ended_at is None and self._replicas is not None:
            found = await self._replicas.follow(found, lambda: self._stored(user, generation_id))
        else:
            raise Gone("The events of this generation are no longer kept; the message is.")
        return found

    async def _stored(self, user: CurrentUser, generation_id: UUID) -> EventLog | None:
        async with self._db.reading() as db:
            row = await repository.generation(db, user.id, generation_id, deleted=True)
        if row is None or (row.events is None and row.ended_at is not None):
            return EventLog()  # nothing more will come
        return None if row.events is None else await asyncio.to_thread(unpack, row.events)

    async def stop(self, user: CurrentUser, generation_id: UUID, *, deleted: bool = False) -> None:
        """Stop it in the queue or in the engine, and return when its end is stored, or told while it cannot be.
        Ended ones: nothing to do."""
        try:
            found = await self.find(user, generation_id, deleted=deleted)
        except Gone:
            return
        if isinstance(found, Generation):
            found.cancel("stop")
            await _closed(found)
        elif not found.log.closed and self._replicas is not None:
            await self._replicas.stop(found)

    async def stop_all_of(self, user_id: UUID) -> None:
        """The account is gone."""
        ours = [one for one in self._all.values() if one.user_id == user_id]
        for generation in ours:
            generation.cancel("stop")
        for generation in ours:
            await _closed(generation)

    def stop_here(self, generation_id: UUID) -> None:
        """Another replica was asked to stop it."""
        if (generation := self._all.get(generation_id)) is not None:
            generation.cancel("stop")

    def _running(self) -> set[asyncio.Task[None]]:
        tasks = (one.task for one in self._all.values() if not one.log.closed)
        return {task for task in tasks if task is not None and not task.done()}

    async def shutdown(
        self, drain_seconds: float, save_seconds: float, entering: Callable[[], bool] = lambda: False
    ) -> None:
        """Let answers finish for a while, and requests that are `entering` begin theirs; then admit nothing more, and
        keep the rest for the next process."""
        self._stopping = True
        if self._replicas is not None:
            self._replicas.leave()
        deadline = monotonic() + drain_seconds
        while (running := self._running()) or entering():
            if (left := deadline - monotonic()) <= 0:
                break
            # Nothing tells when the last request has entered; uvicorn looks for the end of its requests, too.
            look = min(left, LOOK_SECONDS)
            await (asyncio.wait(running, timeout=look) if running else asyncio.sleep(look))
        self._closed = True
        every = list(self._all.values())
        for generation in every:
            generation.cancel("shutdown")
        tasks = {one.task for one in every if one.task is not None and not one.task.done()}
        if tasks:
            await asyncio.wait(tasks, timeout=save_seconds)
        for generation in every:
            if generation.unsaved and generation.task is not None:
                # The next process stores it.
                generation.task.cancel()


async def _closed(generation: Generation) -> None:
    async for _ in generation.log.follow(watching=False):
        continue
