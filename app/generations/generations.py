"""All generations of this process: start, find, stop, and end them at shutdown."""

import asyncio
from typing import Protocol
from uuid import UUID

from app.auth.current import CurrentUser
from app.conversations import repository
from app.db import Database
from app.errors import Gone, NotFound, Unavailable
from app.generations.admission import Admission, Ticket
from app.generations.generation import Generation, Prepare
from app.generations.runner import Runner
from engine.supervisor import Supervisor

# How long the log of an ended generation can still be replayed from memory, in seconds.
KEEP_SECONDS = 600


class NewAnswer(Protocol):
    """The stored assistant row that a generation fills."""

    id: UUID
    conversation_id: UUID
    generation_id: UUID | None


class Generations:
    """The registry. It keeps the references that keep the tasks alive."""

    def __init__(self, db: Database, supervisor: Supervisor, admission: Admission) -> None:
        self._db = db
        self._admission = admission
        self._runner = Runner(db, supervisor, admission)
        self._all: dict[UUID, Generation] = {}
        self._stopping = False

    @property
    def admission(self) -> Admission:
        """The queue, for metrics."""
        return self._admission

    def admit(self, user_id: UUID) -> Ticket:
        """Take a place before anything is stored. Raises RateLimited or Unavailable."""
        if self._stopping:
            raise Unavailable("The server is shutting down.", code="shutting_down", retry_after=10)
        return self._admission.enter(user_id)

    def start(self, generation_id: UUID, answer: NewAnswer, ticket: Ticket, prepare: Prepare) -> Generation:
        """Begin; the generation runs on whether or not anybody follows it."""
        generation = Generation(generation_id, ticket.user_id, answer.conversation_id, answer.id, prepare, ticket)
        self._all[generation_id] = generation
        generation.task = asyncio.create_task(self._runner.run(generation), name=f"generation-{generation_id}")
        generation.task.add_done_callback(lambda _: self._forget_later(generation_id))
        return generation

    def _forget_later(self, generation_id: UUID) -> None:
        asyncio.get_running_loop().call_later(KEEP_SECONDS, self._all.pop, generation_id, None)

    def running_in(self, conversation_id: UUID) -> list[Generation]:
        """The generations of a conversation that have not ended."""
        return [one for one in self._all.values() if one.conversation_id == conversation_id and not one.log.closed]

    def get(self, user: CurrentUser, generation_id: UUID) -> Generation:
        """Raises NotFound for an unknown id and for somebody else's; Gone is only told by `find`."""
        generation = self._all.get(generation_id)
        if generation is None or generation.user_id != user.id:
            raise NotFound("There is no such generation.")
        return generation

    async def find(self, user: CurrentUser, generation_id: UUID) -> Generation:
        """As `get`; raises Gone when its answer is stored but its events are no longer kept."""
        try:
            return self.get(user, generation_id)
        except NotFound:
            async with self._db.transaction() as db:
                message = await repository.message_of_generation(db, user.id, generation_id)
            if message is None:
                raise
            raise Gone("The events of this generation are no longer kept; the message is.") from None

    async def stop(self, user: CurrentUser, generation_id: UUID) -> None:
        """Stop it in the queue or in the engine, and return when its end is stored. Ended ones: nothing to do."""
        try:
            generation = await self.find(user, generation_id)
        except Gone:
            return
        generation.cancel("stop")
        if generation.task is not None:
            await asyncio.wait([generation.task])

    async def shutdown(self, seconds: float) -> None:
        """Admit nothing more, interrupt what runs, and wait until it is saved."""
        self._stopping = True
        tasks = []
        for generation in self._all.values():
            generation.cancel("shutdown")
            if generation.task is not None and not generation.task.done():
                tasks.append(generation.task)
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
