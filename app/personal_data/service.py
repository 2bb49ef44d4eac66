"""Everything that is stored about an account, as one JSON document for its owner."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit import repository as audit_log
from app.audit.schemas import AuditView
from app.audit.service import AuditService
from app.auth import repository as accounts
from app.auth.access import require
from app.auth.current import CurrentUser
from app.auth.schemas import KeyView, UserView
from app.conversations import repository as conversations
from app.conversations.schemas import ConversationView, MessageView
from app.db import Database, now
from app.errors import NotFound
from app.personal_data import repository
from app.personal_data.schemas import SessionView
from app.request_log import repository as request_log
from app.request_log.schemas import RequestView
from app.request_log.service import RequestLogService

# Rows of one page. A message may hold 200 000 characters.
PAGE = 50
At = TypeVar("At")


class PersonalDataService:
    """Reads page by page, one short transaction each, so that memory does not grow with the account."""

    def __init__(self, db: Database, audit: AuditService, requests: RequestLogService) -> None:
        self._db = db
        self._audit = audit
        self._requests = requests

    async def export(self, user: CurrentUser) -> AsyncIterator[str]:
        """The parts of the document in order: profile, sessions and keys without their secrets, conversations with
        all messages, usage, and what the audit log holds. Raises Forbidden, NotFound before the first part."""
        require(user, "account")
        async with self._db.reading() as db:
            account = await accounts.user_by_id(db, user.id)
            keys = await accounts.keys_of(db, user.id)
            sessions = await repository.sessions(db, user.id)
        if account is None:
            raise NotFound("This account no longer exists.")
        self._audit.record("data.exported", user, f"user:{user.id}")
        await self._audit.batches.flush()
        await self._requests.batches.flush()
        return self._parts(user.id, account, keys, sessions)

    async def _parts(
        self, user_id: UUID, account: object, keys: Sequence[object], sessions: Sequence[object]
    ) -> AsyncIterator[str]:
        yield f'{{"exported_at": {json.dumps(now().isoformat())},\n"profile": {_view(UserView, account)}'
        yield f',\n"sessions": [{", ".join(_view(SessionView, row) for row in sessions)}]'
        yield f',\n"keys": [{", ".join(_view(KeyView, row) for row in keys)}]'
        yield ',\n"conversations": ['
        separator = "\n"
        async for row in self._rows(lambda db, after: repository.conversations(db, user_id, after, PAGE), _id):
            yield f'{separator}{_view(ConversationView, row)[:-1]}, "messages": ['
            async for part in self._list(MessageView, self._messages(user_id, row.id)):
                yield part
            yield "]}"
            separator = ",\n"
        yield '],\n"usage": ['
        usage = self._rows(
            lambda db, after: request_log.of_user(db, user_id, after, PAGE), lambda row: (row.at, row.id)
        )
        async for part in self._list(RequestView, usage):
            yield part
        yield '],\n"audit": ['
        audit = self._rows(lambda db, after: audit_log.of_user(db, user_id, after, PAGE), _id)
        async for part in self._list(AuditView, audit):
            yield part
        yield "]}\n"

    def _messages(self, user_id: UUID, conversation_id: UUID) -> AsyncIterator[Any]:
        return self._rows(
            lambda db, after: conversations.messages(db, user_id, conversation_id, after, PAGE),
            lambda row: (row.created_at, row.id),
        )

    async def _rows(
        self, read: Callable[[AsyncSession, At | None], Awaitable[Sequence[Any]]], place: Callable[[Any], At]
    ) -> AsyncIterator[Any]:
        after: At | None = None
        while True:
            async with self._db.reading() as db:
                rows = await read(db, after)
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            after = place(rows[-1])

    async def _list(self, view: type[BaseModel], rows: AsyncIterator[Any]) -> AsyncIterator[str]:
        separator = "\n"
        async for row in rows:
            yield separator + _view(view, row)
            separator = ",\n"


def _id(row: Any) -> UUID:
    found: UUID = row.id
    return found


def _view(view: type[BaseModel], row: object) -> str:
    return view.model_validate(row, from_attributes=True).model_dump_json()
