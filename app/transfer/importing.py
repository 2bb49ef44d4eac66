"""Conversations from a file: our own JSON, or what ChatGPT exports, as it is or in its zip."""

import asyncio
import errno
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import UUID

import orjson

from app.auth.access import require
from app.auth.current import CurrentUser
from app.db import Database
from app.errors import Conflict, Invalid, Unavailable
from app.generations.backends import Backends
from app.language import Language
from app.storage_errors import storage_full
from app.transfer import chatgpt, own_format, repository
from app.transfer.archive import parts
from app.transfer.elements import Damaged, NoList, elements
from app.transfer.imported import Imported, Rows, Unusable, rows
from app.transfer.schemas import ImportReport, Skipped

MAX_CONVERSATIONS = 10_000
IN_MEMORY = 1024 * 1024
# How many files are read at the same time; others wait.
AT_ONCE = 2


class Importing:
    """Files are kept in `folder` while they are read, never in memory."""

    def __init__(self, db: Database, backends: Backends, folder: Path) -> None:
        self._db, self._backends, self._folder = db, backends, folder
        self._reading = asyncio.Semaphore(AT_ONCE)
        self._users: set[UUID] = set()

    async def run(self, user: CurrentUser, body: AsyncIterator[bytes], language: Language) -> ImportReport:
        """Store what can be stored, and tell of the rest. Raises Forbidden, Conflict (`import_running`), Invalid
        (`import_unreadable`), Unavailable."""
        require(user, "chat")
        if user.id in self._users:
            raise Conflict("Another file of yours is being imported.", code="import_running")
        self._users.add(user.id)
        try:
            with SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(self._folder)) as file:
                await _received(file, body)
                async with self._reading:
                    return await self._store(user.id, file, language)
        finally:
            self._users.discard(user.id)

    async def add(self, user_id: UUID, one: Imported) -> UUID:
        """Store one conversation. Raises Unusable, Unavailable."""
        return await self._add(await asyncio.to_thread(rows, user_id, one))

    async def _add(self, made: Rows) -> UUID:
        async with self._db.transaction() as db:
            await repository.add(db, made)
        return UUID(str(made.conversation["id"]))

    async def _store(self, user_id: UUID, file: IO[bytes], language: Language) -> ImportReport:
        report = ImportReport(imported=0, ids=[], skipped=[])
        found = _conversations(file)
        index = 0
        while True:
            title = ""
            try:
                data = await asyncio.to_thread(next, found, None)
                if data is None:
                    return report
                if index == MAX_CONVERSATIONS:
                    raise Damaged("too_many_conversations")
                if isinstance(data, str):
                    raise Unusable(data)
                made = await asyncio.to_thread(self._rows, user_id, data, language)
                title = str(made.conversation["title"])
                report.ids.append(await self._add(made))
                report.imported += 1
            except NoList as error:
                raise Invalid("There are no conversations in this file.", code="import_unreadable") from error
            except Unusable as error:
                report.skipped.append(Skipped(index=index, title=title, reason=error.reason, detail=error.detail))
            except (Damaged, Unavailable) as error:
                if not index:
                    if isinstance(error, Unavailable):
                        raise
                    raise Invalid("This file is damaged.", code="import_unreadable") from error
                # This one and all behind it.
                reason = error.code if isinstance(error, Unavailable) else str(error) or "file_damaged"
                report.skipped.append(Skipped(index=index, title=title, reason=reason))
                return report
            index += 1

    def _rows(self, user_id: UUID, data: bytes, language: Language) -> Rows:
        one = _read(data, language)
        # A model that is not offered here could not answer.
        if one.model is not None and one.model not in {backend.name for backend in self._backends.all()}:
            one.model = None
        return rows(user_id, one)


async def _received(file: IO[bytes], body: AsyncIterator[bytes]) -> None:
    try:
        async for chunk in body:
            await asyncio.to_thread(file.write, chunk)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise storage_full() from error
        raise


def _conversations(file: IO[bytes]) -> Iterator[bytes | str]:
    for part in parts(file):
        yield from elements(part)


def _read(data: bytes, language: Language) -> Imported:
    try:
        given: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            # Takes lone surrogates, of which more can be said than that they are no JSON.
            given = json.loads(data)
        except ValueError:
            raise Unusable("invalid_json") from None
    if isinstance(given, dict) and isinstance(given.get("mapping"), dict):
        return chatgpt.read(given, language)
    if isinstance(given, dict) and isinstance(given.get("messages"), list):
        return own_format.read(given)
    raise Unusable("not_a_conversation")
