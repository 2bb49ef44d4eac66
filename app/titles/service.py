"""The title of a conversation, asked of the model once, after the first answer: in the background, and not at all when
anybody waits for an answer. Until then, and else, it is the first words of the question."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

import structlog

from app import metrics
from app.conversations import prompt as prompts
from app.conversations import repository
from app.conversations.models import Message
from app.conversations.preparing import Preparing
from app.conversations.schemas import ConversationView, Params
from app.conversations.storing import title_of
from app.db import Database, new_id
from app.errors import AppError
from app.generations.generation import Generation, Prepared
from app.generations.receipt import Stopwatch
from app.origin import Origin
from app.request_log.repository import TITLE
from app.request_log.service import RequestLogService
from app.titles.wording import MAX_TOKENS, cleaned, question
from engine.base import ChatMessage
from engine.errors import EngineError

log = structlog.get_logger(__name__)

SECONDS = 20.0
Listener = Callable[[ConversationView], None]


@dataclass(frozen=True, slots=True)
class _Asked:
    """As the request log knows it."""

    user_id: UUID
    id: UUID = field(default_factory=new_id)
    origin: Origin = field(default_factory=lambda: Origin(route=TITLE))


class Titles:
    """Costs a user nothing of their limits; the request log has each as a call of its own, with the route `title`."""

    def __init__(self, db: Database, preparing: Preparing, requests: RequestLogService, *, enabled: bool) -> None:
        self._db, self._preparing, self._requests, self._enabled = db, preparing, requests, enabled
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: dict[UUID, set[Listener]] = {}

    def listen(self, user_id: UUID, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each conversation of the user that gets a title here. Returns how to stop that."""
        self._listeners.setdefault(user_id, set()).add(listener)

        def stop() -> None:
            listeners = self._listeners.get(user_id, set())
            listeners.discard(listener)
            if not listeners:
                self._listeners.pop(user_id, None)

        return stop

    def after(self, generation: Generation) -> None:
        """This is the first answer of its conversation."""
        if self._enabled and generation.task is not None:
            task = asyncio.create_task(self._after(generation, generation.task), name=f"title-{generation.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Nothing is asked any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _after(self, generation: Generation, task: asyncio.Task[None]) -> None:
        await asyncio.wait([task])
        if not generation.log.ended or generation.log.events[-1].type != "done" or not generation.content:
            return
        try:
            async with asyncio.timeout(SECONDS):
                outcome = await self._give(generation)
        except (AppError, EngineError, TimeoutError) as error:
            log.info("no title", reason=type(error).__name__, conversation_id=str(generation.conversation_id))
            outcome = "failed"
        if outcome is not None:
            metrics.titles.labels(outcome).inc()

    async def _give(self, generation: Generation) -> str | None:
        """What has become of it; None when none was wanted."""
        supervisor = generation.backend.supervisor
        if supervisor.is_demo or not supervisor.ready:
            # What the demo model says of a conversation says nothing.
            return None
        async with self._db.reading() as db:
            row = await repository.conversation(db, generation.user_id, generation.conversation_id)
            path = await repository.path(db, generation.conversation_id, generation.message_id)
        if row is None or row.temporary or not path or row.title != title_of(path[0].content):
            return None
        prepared = await self._prepared(generation, row.system_prompt, path)
        if prepared is None:
            return "dropped"
        answer = await self._ask(generation, prepared)
        if answer is None:
            return "dropped"
        title = cleaned(answer)
        if not title:
            return "failed"
        async with self._db.transaction() as db:
            # Not if it was renamed meanwhile.
            if not await repository.retitle(db, generation.user_id, row.id, row.title, title):
                return "unchanged"
            named = await repository.conversation(db, generation.user_id, row.id)
        if named is not None:
            for listener in tuple(self._listeners.get(generation.user_id, ())):
                listener(ConversationView.model_validate(named))
        return "made"

    async def _prepared(self, generation: Generation, system: str | None, path: list[Message]) -> Prepared | None:
        """The prompt grows at the end of the conversation's, so that all but the question is in the prefix cache."""
        asked = prompts.Turn(new_id(), ChatMessage("user", question(path[0].content)))
        said = [*prompts.turns(path), asked]
        params = Params(temperature=0, max_tokens=MAX_TOKENS)
        engine = generation.backend.supervisor.engine
        prepared = await self._preparing.prepare(engine, generation.user_id, system, said, path, params)
        return None if prepared.context_start else prepared

    async def _ask(self, generation: Generation, prepared: Prepared) -> str | None:
        """What the model says; None when there is no place for it now."""
        backend = generation.backend
        if backend.admission.waiting:
            return None
        ticket, watch, asked = backend.admission.enter(generation.user_id, background=True), Stopwatch(), None
        try:
            if not ticket.granted.is_set():
                return None
            asked, watch.started = _Asked(generation.user_id), monotonic()
            watch.prompt_tokens = prepared.prompt.tokens
            return await self._read(generation, prepared, asked, watch)
        finally:
            backend.admission.leave(ticket, None, watch.work if asked else 0)

    async def _read(self, generation: Generation, prepared: Prepared, asked: _Asked, watch: Stopwatch) -> str:
        backend, text, status, reason = generation.backend, "", "error", None
        stream = backend.supervisor.engine.stream(str(asked.id), prepared.prompt, prepared.sampling)
        try:
            async with aclosing(stream) as deltas:
                async for delta in deltas:
                    watch.step(delta.tokens)
                    watch.cached_tokens = max(watch.cached_tokens, delta.cached_tokens)
                    if delta.usage is not None:
                        watch.recount(delta.usage)
                    text, reason = text + delta.text, delta.finish_reason or reason
                    if "\n" in text.strip():
                        # The rest would be thrown away.
                        break
            status = "done"
            return text
        finally:
            metrics.count_tokens(watch)
            self._requests.ended(asked, backend.name, status, None, watch.receipt(reason))
