"""Everything that is stored about an account, as one JSON document for its owner."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.audit import repository as audit_log
from app.audit.schemas import AuditView
from app.audit.service import AuditService
from app.auth import repository as accounts
from app.auth.access import require
from app.auth.current import CurrentUser
from app.auth.schemas import KeyView, UserView
from app.conversations.schemas import FolderView
from app.db import Database, now
from app.documents import PAGE, as_json, listed, rows, whole_conversation
from app.errors import NotFound
from app.library import repository as library
from app.library.schemas import PresetView, PromptView
from app.personal_data import repository
from app.personal_data.schemas import LinkView, SessionView
from app.request_log import repository as request_log
from app.request_log.schemas import RequestView
from app.request_log.service import RequestLogService
from app.sharing import repository as sharing


class PersonalDataService:
    """Reads page by page, one short transaction each, so that memory does not grow with the account."""

    def __init__(self, db: Database, audit: AuditService, requests: RequestLogService) -> None:
        self._db = db
        self._audit = audit
        self._requests = requests

    async def export(self, user: CurrentUser) -> AsyncIterator[str]:
        """The parts of the document in order: profile, sessions and keys without their secrets, presets and prompts,
        folders, links, conversations with all messages, usage, and what the audit log holds. Raises Forbidden, NotFound
        before the first part."""
        require(user, "account")
        async with self._db.reading() as db:
            account = await accounts.user_by_id(db, user.id)
            keys = await accounts.keys_of(db, user.id)
            sessions = await repository.sessions(db, user.id)
            presets, prompts = await library.presets(db, user.id), await library.prompts(db, user.id)
            folders = await repository.folders(db, user.id)
            shares = await sharing.of_user(db, user.id)
        if account is None:
            raise NotFound("This account no longer exists.")
        self._audit.record("data.exported", user, f"user:{user.id}")
        await self._audit.batches.flush()
        await self._requests.batches.flush()
        lists: list[tuple[str, type[BaseModel], Sequence[object]]] = [
            ("sessions", SessionView, sessions),
            ("keys", KeyView, keys),
            ("presets", PresetView, presets),
            ("prompts", PromptView, prompts),
            ("folders", FolderView, folders),
            ("shares", LinkView, shares),
        ]
        return self._parts(user.id, account, lists)

    async def _parts(
        self, user_id: UUID, account: object, lists: Sequence[tuple[str, type[BaseModel], Sequence[object]]]
    ) -> AsyncIterator[str]:
        yield f'{{"exported_at": {json.dumps(now().isoformat())},\n"profile": {as_json(UserView, account)}'
        for name, view, found in lists:
            yield f',\n"{name}": [{", ".join(as_json(view, row) for row in found)}]'
        yield ',\n"conversations": ['
        separator = "\n"
        conversations = rows(self._db, lambda db, after: repository.conversations(db, user_id, after, PAGE), _id)
        async for row in conversations:
            yield separator
            async for part in whole_conversation(self._db, user_id, row):
                yield part
            separator = ",\n"
        yield '],\n"usage": ['
        usage = rows(
            self._db, lambda db, after: request_log.of_user(db, user_id, after, PAGE), lambda row: (row.at, row.id)
        )
        async for part in listed(RequestView, usage):
            yield part
        yield '],\n"audit": ['
        audit = rows(self._db, lambda db, after: audit_log.of_user(db, user_id, after, PAGE), _id)
        async for part in listed(AuditView, audit):
            yield part
        yield "]}\n"


def _id(row: Any) -> UUID:
    found: UUID = row.id
    return found
