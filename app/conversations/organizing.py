"""What is done to one or many conversations at once: put away, move, delete, bring back."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from app.auth.access import require
from app.auth.current import CurrentUser
from app.conversations import change_repository, folder_repository, list_repository
from app.conversations.folders import found as found_folder
from app.conversations.list_repository import Listed
from app.conversations.models import Conversation
from app.conversations.schemas import Organized
from app.conversations.storing import found
from app.db import Database, now
from app.errors import Unavailable
from app.generations import repository as generations
from app.generations.generations import Generations

log = structlog.get_logger(__name__)

# How long a deletion can be undone; pages offer it for ten seconds.
UNDO = timedelta(minutes=5)
# How long what is temporary stays after it was last used. Who leaves its page deletes it before.
TEMPORARY = timedelta(hours=23)
PURGE_SECONDS = 60.0
# Each takes its messages with it.
PURGED_AT_ONCE = 50


class Organizing:
    """Everything is one transaction, however many there are; unknown and foreign ids are left alone."""

    def __init__(self, db: Database, generations: Generations) -> None:
        self._db = db
        self._generations = generations

    async def organize(self, user: CurrentUser, ids: Sequence[UUID], change: Organized) -> list[Listed]:
        """Pin, archive or move; returns them as they are now. Raises NotFound (folder, or none of them), Forbidden."""
        require(user, "chat")
        async with self._db.transaction() as db:
            if change.folder_id is not None:
                found_folder(await folder_repository.folder(db, user.id, change.folder_id))
            count = await change_repository.change(db, user.id, ids, change.model_dump(exclude_unset=True))
            rows = await list_repository.listed(db, user.id, [Conversation.id.in_(ids)], None, len(ids))
        if not count:
            found(None)
        return rows

    async def remove(self, user: CurrentUser, ids: Sequence[UUID]) -> None:
        """Gone for everybody at once, with what is being answered in them; `restore` brings them back for a while.

        Raises NotFound when there is none of them, Forbidden.
        """
        require(user, "chat")
        # Marked first: nothing new begins in them while what runs is stopped.
        async with self._db.transaction() as db:
            count = await change_repository.change(db, user.id, ids, {"deleted_at": now()})
            unfinished = await generations.unfinished_in(db, user.id, ids)
        if not count:
            found(None)
        for generation_id in unfinished:
            # One that runs on a server that does not react ends by itself, into nothing.
            with contextlib.suppress(Unavailable):
                await self._generations.stop(user, generation_id, deleted=True)
        self._generations.forget_ended(set(ids))

    async def restore(self, user: CurrentUser, ids: Sequence[UUID]) -> list[Listed]:
        """Bring them back. Raises NotFound when it is too late for all of them, Forbidden."""
        require(user, "chat")
        async with self._db.transaction() as db:
            count = await change_repository.restore(db, user.id, ids)
            rows = await list_repository.listed(db, user.id, [Conversation.id.in_(ids)], None, len(ids))
        if not count:
            found(None)
        return rows

    async def delete(self, user: CurrentUser, conversation_id: UUID) -> None:
        """For ever, with all messages; running answers are stopped first. Raises NotFound, Forbidden."""
        await self.remove(user, [conversation_id])
        async with self._db.transaction() as db:
            await change_repository.delete_for_ever(db, user.id, conversation_id)

    async def purge(self, at: datetime) -> None:
        """Delete for ever what can no longer be brought back, and what is temporary and old. Raises Unavailable,
        DBAPIError."""
        while True:
            async with self._db.transaction() as db:
                count = await change_repository.purge(db, at - UNDO, at - TEMPORARY, PURGED_AT_ONCE)
            if count < PURGED_AT_ONCE:
                return

    async def keep_purging(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.purge(now())
            except (Unavailable, DBAPIError) as error:
                log.warning("deleted conversations are purged later", reason=type(error).__name__)
            await asyncio.sleep(PURGE_SECONDS)
