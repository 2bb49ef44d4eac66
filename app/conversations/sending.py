"""Everything that begins an answer: a message, another answer to it, going on with one that was cut off."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from app.auth.access import require
from app.auth.current import CurrentUser
from app.conversations import prompt as prompts
from app.conversations import repository
from app.conversations.admissible import continuable, found_message, no_such_parent
from app.conversations.models import Message
from app.conversations.preparing import Preparing
from app.conversations.schemas import ChatRequest, ChatSettings, Params
from app.conversations.storing import Key, Writer, found, store_answer, store_generation, store_question
from app.db import Database, new_id
from app.defaults.service import Defaults
from app.errors import Conflict
from app.generations import repository as answers
from app.generations.admission import Ticket
from app.generations.backends import Backend, Backends
from app.generations.generation import Followed, Generation, Prepared
from app.generations.generations import Generations
from app.generations.idempotency import Idempotency
from app.limits.bounds import most_prompt_tokens, most_tokens
from app.limits.service import LimitService
from app.limits.store import Reservation
from app.request_log.service import RequestLogService
from app.titles.service import Titles
from engine.base import ChatMessage, Engine, Written


@dataclass(frozen=True, slots=True)
class _Context:
    """What a new question is said after."""

    system: str | None
    path: Sequence[Message]
    parent_id: UUID | None
    params: dict[str, object]
    model: str | None


class Sending:
    """One service call, one or two short transactions; never one held while an answer streams.

    Each call counts as a request of the user, unless it is `counted`: it came as an HTTP request, which is counted.
    """

    def __init__(
        self,
        db: Database,
        generations: Generations,
        backends: Backends,
        preparing: Preparing,
        limits: LimitService,
        requests: RequestLogService,
        titles: Titles,
        defaults: Defaults,
        instance: str,
    ) -> None:
        self._db = db
        self._generations = generations
        self._backends = backends
        self._preparing = preparing
        self._limits = limits
        self._requests = requests
        self._titles = titles
        self._defaults = defaults
        self._instance = instance
        self._idempotency = Idempotency(db, generations)

    async def send(
        self, user: CurrentUser, request: ChatRequest, key: str | None = None, *, counted: bool = False
    ) -> Followed:
        """Store the question and an empty answer, and start the generation that fills it.

        Raises NotFound (conversation, parent or model), TooLarge (`context_length_exceeded`), RateLimited,
        Unavailable, Conflict (`idempotency_key_reused`). Nothing is stored when it raises.
        """
        await self._allow(user, counted)
        body = request.model_dump_json(exclude_unset=True).encode()
        return await self._idempotency.once(user, key, body, lambda digest: self._send(user, request, key, digest))

    async def regenerate(
        self, user: CurrentUser, message_id: UUID, key: str | None = None, *, counted: bool = False, anew: bool = False
    ) -> Followed:
        """One more answer to the same question, beside those there are: with the parameters of that answer, or `anew`
        with those that the conversation has now. Raises as `send`."""
        await self._allow(user, counted)
        body = f"regenerate {message_id}".encode()
        return await self._idempotency.once(
            user, key, body, lambda digest: self._regenerate(user, message_id, key, digest, anew)
        )

    async def continue_answer(
        self, user: CurrentUser, message_id: UUID, key: str | None = None, *, counted: bool = False
    ) -> Followed:
        """Go on with an answer that was stopped, interrupted or cut off by its length, from its last token.

        Raises Conflict when it is complete or still running, else as `send`.
        """
        await self._allow(user, counted)
        body = f"continue {message_id}".encode()
        return await self._idempotency.once(
            user, key, body, lambda digest: self._continue(user, message_id, key, digest)
        )

    async def _send(self, user: CurrentUser, request: ChatRequest, key: str | None, digest: str | None) -> Generation:
        request = await self._defaults.begin(request)
        context = await self._context(user, request)
        backend = self._pick(user, request.model or context.model)
        params = Params.model_validate(context.params | request.params.model_dump(exclude_none=True))
        question_id = new_id()
        said = [*prompts.turns(context.path), prompts.Turn(question_id, ChatMessage("user", request.content))]

        async def prepare(engine: Engine) -> Prepared:
            return await self._preparing.prepare(engine, user.id, context.system, said, context.path, params)

        writer = self._writer(user, backend, params, key, digest)
        texts = [context.system or "", *(turn.message.content for turn in said)]
        async with self._admitted(user, backend, writer, params, texts) as place:
            supervisor = backend.supervisor
            prepared = await prepare(supervisor.engine) if supervisor.ready else None
            async with self._db.transaction() as db:
                question = await store_question(db, user.id, request, question_id, context.parent_id)
                answer = await store_answer(db, question, writer, question.created_at + repository.MOMENT)
        generation = self._generations.start(answer, backend, *place, prepare, prepared)
        if context.parent_id is None:
            self._titles.after(generation)
        return generation

    async def _allow(self, user: CurrentUser, counted: bool) -> None:
        require(user, "chat")
        if not counted:
            await self._limits.check(user)

    @asynccontextmanager
    async def _admitted(
        self,
        user: CurrentUser,
        backend: Backend,
        writer: Writer,
        params: Params,
        texts: Iterable[str] | None = None,
    ) -> AsyncIterator[tuple[Ticket, Reservation]]:
        """A place in the queue and the tokens that the answer may use; given back when it cannot be stored."""
        info = backend.supervisor.info
        longest = None if texts is None else most_prompt_tokens(texts)
        most = most_tokens(info.max_model_len if info else None, longest, params.max_tokens)
        with self._requests.refusals(user, backend.name):
            reservation = await self._limits.reserve(user, writer.generation_id, most)
            try:
                ticket = self._generations.admit(user.id, backend)
                try:
                    yield ticket, reservation
                except BaseException:
                    backend.admission.leave(ticket)
                    raise
            except BaseException:
                await self._limits.release(reservation)
                raise

    def _pick(self, user: CurrentUser, model: str | None) -> Backend:
        # A name that gets as far as being refused is one of ours: safe as a label.
        with self._requests.refusals(user, model):
            return self._backends.pick(model)

    async def _context(self, user: CurrentUser, request: ChatRequest) -> _Context:
        if request.conversation_id is None:
            if request.parent_id is not None:
                raise no_such_parent()
            settings = request.settings or ChatSettings()
            return _Context(settings.system_prompt, [], None, settings.params.model_dump(exclude_none=True), None)
        async with self._db.reading() as db:
            row = found(await repository.conversation(db, user.id, request.conversation_id))
            parent_id = request.parent_id
            if "parent_id" not in request.model_fields_set:
                parent_id = await repository.newest_message_id(db, row.id)
            path = await repository.path(db, row.id, parent_id) if parent_id else []
        if parent_id is not None and not path:
            raise no_such_parent()
        return _Context(row.system_prompt, path, parent_id, row.params, row.model)

    async def _regenerate(
        self, user: CurrentUser, message_id: UUID, key: str | None, digest: str | None, anew: bool
    ) -> Generation:
        async with self._db.transaction() as db:
            message = found_message(await repository.message(db, user.id, message_id))
            question = message
            params: dict[str, object] = {}
            if message.role == "assistant":
                question = found_message(message.parent_id and await repository.message(db, user.id, message.parent_id))
                params = await answers.params(db, message.generation_id) if message.generation_id else {}
            conversation = found(await repository.conversation(db, user.id, message.conversation_id))
        given = Params.model_validate(conversation.params if anew else params)
        backend = self._pick(user, conversation.model)
        writer = self._writer(user, backend, given, key, digest)
        async with self._admitted(user, backend, writer, given) as place:
            async with self._db.transaction() as db:
                found_message(await repository.message(db, user.id, question.id))
                moment = await repository.next_moment(db, question.conversation_id)
                answer = await store_answer(db, question, writer, moment)
        return self._generations.start(answer, backend, *place, self._preparing.again(user.id, answer))

    async def _continue(self, user: CurrentUser, message_id: UUID, key: str | None, digest: str | None) -> Generation:
        async with self._db.transaction() as db:
            message = continuable(found_message(await repository.message(db, user.id, message_id)))
            params = await answers.params(db, message.generation_id) if message.generation_id else {}
        given = Params.model_validate(params)
        backend = self._backends.writer_of(message.model)
        writer = self._writer(user, backend, given, key, digest)
        async with self._admitted(user, backend, writer, given) as place:
            async with self._db.transaction() as db:
                answer = continuable(found_message(await repository.message(db, user.id, message_id)))
                ids = await answers.token_ids(db, answer.generation_id) if answer.generation_id else []
                if answer.content and not ids:
                    raise Conflict("The tokens of this answer are not known.", code="cannot_continue")
                # Cut off by its length: as much again. Stopped or interrupted: what is left of it.
                allowed = len(ids) if answer.status == "done" else 0
                answer.generation_id, answer.status, answer.error_code = writer.generation_id, "queued", None
                await store_generation(db, answer, writer)
        prepare = self._preparing.again(user.id, answer, allowed)
        carried = Written(tuple(ids), answer.content, answer.reasoning)
        return self._generations.start(answer, backend, *place, prepare, carried=carried)

    def _writer(
        self, user: CurrentUser, backend: Backend, params: Params, key: str | None, digest: str | None
    ) -> Writer:
        stored_key = Key(key, digest) if key is not None and digest is not None else None
        return Writer(user.id, self._instance, backend.name or None, params.model_dump(exclude_none=True), stored_key)
