"""Conversations: list, open, change, delete, and send a message."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.auth.current import CurrentUser
from app.conversations import prompt as prompts
from app.conversations import repository
from app.conversations.cursor import read_cursor, write_cursor
from app.conversations.models import Conversation, Message
from app.conversations.schemas import (
    ChatRequest,
    ConversationCreate,
    ConversationPage,
    ConversationUpdate,
    ConversationView,
    MessagePage,
    MessageView,
    Params,
)
from app.db import Database, new_id, now
from app.errors import NotFound
from app.generations.generation import Generation
from app.generations.generations import Generations
from engine.base import ChatMessage, Prompt, Sampling
from engine.supervisor import Supervisor

TITLE_CHARS = 60


class ConversationService:
    """One service call, one or two short transactions; never one held while an answer streams."""

    def __init__(self, db: Database, generations: Generations, supervisor: Supervisor) -> None:
        self._db = db
        self._generations = generations
        self._supervisor = supervisor

    async def list(
        self, user: CurrentUser, q: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> ConversationPage:
        """Newest first; `q` searches titles and texts. Raises Invalid for a foreign cursor."""
        async with self._db.transaction() as db:
            # PostgreSQL cannot even look for U+0000, and no text holds it.
            rows = await repository.conversations(
                db, user.id, q and q.replace("\x00", ""), read_cursor(cursor), limit + 1
            )
        more = write_cursor(rows[limit - 1].updated_at, rows[limit - 1].id) if len(rows) > limit else None
        return ConversationPage(items=[ConversationView.model_validate(row) for row in rows[:limit]], next=more)

    async def get(self, user: CurrentUser, conversation_id: UUID) -> ConversationView:
        """Raises NotFound."""
        async with self._db.transaction() as db:
            row = found(await repository.conversation(db, user.id, conversation_id))
        return ConversationView.model_validate(row)

    async def create(self, user: CurrentUser, body: ConversationCreate) -> ConversationView:
        """An empty conversation."""
        row = Conversation(user_id=user.id, title=body.title, system_prompt=body.system_prompt)
        async with self._db.transaction() as db:
            db.add(row)
        return ConversationView.model_validate(row)

    async def update(self, user: CurrentUser, conversation_id: UUID, body: ConversationUpdate) -> ConversationView:
        """Change what the body names. Raises NotFound."""
        async with self._db.transaction() as db:
            row = found(await repository.conversation(db, user.id, conversation_id))
            for name in body.model_fields_set:
                value = getattr(body, name)
                if isinstance(value, Params):
                    value = value.model_dump(exclude_none=True)
                if value is not None or name in ("system_prompt", "model"):
                    setattr(row, name, value)
        return ConversationView.model_validate(row)

    async def delete(self, user: CurrentUser, conversation_id: UUID) -> None:
        """Delete it with its messages; running answers are stopped first. Raises NotFound."""
        await self.get(user, conversation_id)
        for generation in self._generations.running_in(conversation_id):
            await self._generations.stop(user, generation.id)
        async with self._db.transaction() as db:
            await repository.delete_conversation(db, user.id, conversation_id)

    async def messages(
        self, user: CurrentUser, conversation_id: UUID, cursor: str | None = None, limit: int = 1000
    ) -> MessagePage:
        """Oldest first. Raises NotFound."""
        after = read_cursor(cursor)
        async with self._db.transaction() as db:
            found(await repository.conversation(db, user.id, conversation_id))
            rows = await repository.messages(db, user.id, conversation_id, after, limit + 1)
        more = write_cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
        return MessagePage(items=[MessageView.model_validate(row) for row in rows[:limit]], next=more)

    async def send(self, user: CurrentUser, request: ChatRequest) -> Generation:
        """Store the question and an empty answer, and start the generation that fills it.

        Raises NotFound (conversation, parent or model), TooLarge (`context_length_exceeded`), RateLimited,
        Unavailable. Nothing is stored when it raises.
        """
        self._check_model(request.model)
        stored = None
        messages: Sequence[ChatMessage] = [ChatMessage("user", request.content)]
        parent_id = None
        if request.conversation_id is not None:
            stored, messages, parent_id = await self._context(user, request)
        elif request.parent_id is not None:
            raise no_such_parent()
        params = Params.model_validate((stored.params if stored else {}) | request.params.model_dump(exclude_none=True))
        ticket = self._generations.admit(user.id)
        try:
            prepared = await self._prepare(messages, params) if self._supervisor.ready else None
            answer = await self._store(user, request, parent_id)
        except BaseException:
            self._generations.admission.leave(ticket)
            raise

        async def prepare() -> tuple[Prompt, Sampling]:
            return prepared or await self._prepare(messages, params)

        assert answer.generation_id is not None
        return self._generations.start(answer.generation_id, answer, ticket, prepare)

    def _check_model(self, model: str | None) -> None:
        if model is not None and self._supervisor.model_name and model != self._supervisor.model_name:
            raise NotFound(f"There is no model {model!r}.", code="model_not_found", model=model)

    async def _context(
        self, user: CurrentUser, request: ChatRequest
    ) -> tuple[Conversation, Sequence[ChatMessage], UUID | None]:
        assert request.conversation_id is not None
        async with self._db.transaction() as db:
            row = found(await repository.conversation(db, user.id, request.conversation_id))
            parent_id = request.parent_id or await repository.newest_message_id(db, row.id)
            path = await repository.path(db, row.id, parent_id) if parent_id else []
        if request.parent_id is not None and not path:
            raise no_such_parent()
        return row, prompts.turns(row.system_prompt, path, request.content), parent_id

    async def _prepare(self, messages: Sequence[ChatMessage], params: Params) -> tuple[Prompt, Sampling]:
        prompt, max_tokens = await prompts.fit(self._supervisor.engine, messages, params.max_tokens)
        return prompt, Sampling(
            max_tokens=max_tokens,
            min_tokens=params.min_tokens or 0,
            temperature=params.temperature,
            top_p=params.top_p,
            seed=params.seed,
            stop=tuple(params.stop or ()),
            ignore_eos=bool(params.ignore_eos),
        )

    async def _store(self, user: CurrentUser, request: ChatRequest, parent_id: UUID | None) -> Message:
        at = now()
        async with self._db.transaction() as db:
            if request.conversation_id is None:
                conversation = Conversation(user_id=user.id, title=title_of(request.content), updated_at=at)
                db.add(conversation)
                await db.flush()
            else:
                # Again, with the owner: it may have been deleted while the prompt was built.
                conversation = found(await repository.conversation(db, user.id, request.conversation_id))
                conversation.updated_at = at
                conversation.title = conversation.title or title_of(request.content)
            question = Message(
                conversation_id=conversation.id,
                parent_id=parent_id,
                role="user",
                content=request.content,
                status="done",
                created_at=at,
            )
            db.add(question)
            await db.flush()
            answer = Message(
                conversation_id=conversation.id,
                parent_id=question.id,
                role="assistant",
                content="",
                status="queued",
                model=self._supervisor.model_name or None,
                generation_id=new_id(),
                created_at=at + timedelta(microseconds=1),
            )
            db.add(answer)
        return answer


def title_of(content: str) -> str:
    """The first words of the first question."""
    line = " ".join(content.split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"


def no_such_parent() -> NotFound:
    """The 404 for a parent that is not a message of the conversation."""
    return NotFound("parent_id: there is no such message in this conversation.")


def found(row: Conversation | None) -> Conversation:
    """Raises NotFound; unknown and somebody else's look the same."""
    if row is None:
        raise NotFound("There is no such conversation.", code="conversation_not_found")
    return row
