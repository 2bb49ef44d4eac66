"""The rows of a new question and a new answer, written in the caller's transaction."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations import repository
from app.conversations.models import Conversation, Message
from app.conversations.schemas import ChatRequest, ChatSettings
from app.db import insert_rows, new_id, now
from app.errors import NotFound
from app.generations.models import GenerationRow

TITLE_CHARS = 60
# How the page writes attachments into a message.
_FILE = re.compile(r'^`{3,}[\w+#.-]{0,30} file="([^"\n`]{1,120})"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key, and the hash of the request that it stands for."""

    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes an answer, how, and in which generation."""

    user_id: UUID
    instance: str
    model: str | None
    params: dict[str, Any]
    key: Key | None = None
    generation_id: UUID = field(default_factory=new_id)


async def store_question(
    db: AsyncSession, user_id: UUID, request: ChatRequest, question_id: UUID, parent_id: UUID | None
) -> Message:
    """The question, in a new conversation if the request names none, to be stored with its answer. Raises NotFound."""
    at = now()
    if request.conversation_id is None:
        settings = request.settings or ChatSettings()
        conversation = Conversation(
            id=new_id(),
            user_id=user_id,
            title="" if request.temporary else title_of(request.content),
            model=request.model,
            system_prompt=settings.system_prompt,
            params=settings.params.model_dump(exclude_none=True),
            temporary=request.temporary,
            updated_at=at,
        )
        await insert_rows(db, conversation)
        moment = at
    else:
        # Again, with the owner: it may have been deleted while the prompt was built.
        conversation = found(await repository.conversation(db, user_id, request.conversation_id))
        conversation.updated_at = at
        if not conversation.temporary:
            conversation.title = conversation.title or title_of(request.content)
        moment = await repository.next_moment(db, conversation.id)
    return Message(
        id=question_id,
        conversation_id=conversation.id,
        parent_id=parent_id,
        role="user",
        content=request.content,
        status="done",
        model=None,
        generation_id=None,
        created_at=moment,
    )


async def store_answer(db: AsyncSession, question: Message, writer: Writer, at: datetime) -> Message:
    """An empty answer below the question, to be filled by a new generation. `at`: behind all other messages. A question
    that is new is stored with it."""
    answer = Message(
        id=new_id(),
        conversation_id=question.conversation_id,
        parent_id=question.id,
        role="assistant",
        content="",
        status="queued",
        model=writer.model,
        generation_id=writer.generation_id,
        created_at=at,
    )
    await insert_rows(db, *([question] if inspect(question).transient else []), answer)
    await store_generation(db, answer, writer)
    return answer


async def store_generation(db: AsyncSession, answer: Message, writer: Writer) -> None:
    """The generation that fills the answer."""
    assert answer.generation_id is not None
    await insert_rows(
        db,
        GenerationRow(
            id=answer.generation_id,
            user_id=writer.user_id,
            conversation_id=answer.conversation_id,
            message_id=answer.id,
            instance=writer.instance,
            params=writer.params,
            idempotency_key=writer.key.key if writer.key else None,
            body_hash=writer.key.body_hash if writer.key else None,
        ),
    )


def title_of(content: str) -> str:
    """The first words of the first question, or the name of a text that was sent without words."""
    if (file := _FILE.search(content)) is not None:
        content = content[: file.start()].strip() or file[1]
    line = " ".join(content.split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"


def found(row: Conversation | None) -> Conversation:
    """Raises NotFound; unknown and somebody else's look the same."""
    if row is None:
        raise NotFound("There is no such conversation.", code="conversation_not_found")
    return row
