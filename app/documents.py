"""JSON documents that are written in parts: rows are read page by page, one short transaction each, so that memory does
not grow with what is read and nobody waits for a slow reader."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations import repository as conversations
from app.conversations.models import Conversation
from app.conversations.schemas import ConversationView, MessageView
from app.db import Database

# Rows of one page. A message may hold 200 000 characters.
PAGE = 50
At = TypeVar("At")


async def rows(
    database: Database,
    read: Callable[[AsyncSession, At | None], Awaitable[Sequence[Any]]],
    place: Callable[[Any], At],
) -> AsyncIterator[Any]:
    """All rows, in the order of `read`, which takes the `place` of the last one of the page before."""
    after: At | None = None
    while True:
        async with database.reading() as db:
            page = await read(db, after)
        for row in page:
            yield row
        if len(page) < PAGE:
            return
        after = place(page[-1])


async def listed(view: type[BaseModel], items: AsyncIterator[Any]) -> AsyncIterator[str]:
    """The inside of a JSON array."""
    separator = "\n"
    async for item in items:
        yield separator + as_json(view, item)
        separator = ",\n"


def as_json(view: type[BaseModel], row: object) -> str:
    """One row in the shape of `view`."""
    return view.model_validate(row, from_attributes=True).model_dump_json()


async def whole_conversation(database: Database, user_id: UUID, row: Conversation) -> AsyncIterator[str]:
    """A conversation with all its messages, oldest first."""
    yield f'{as_json(ConversationView, row)[:-1]}, "messages": ['
    messages = rows(
        database,
        lambda db, after: conversations.messages(db, user_id, row.id, after, PAGE),
        lambda message: (message.created_at, message.id),
    )
    async for part in listed(MessageView, messages):
        yield part
    yield "]}"
