"""One conversation as a file."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

from app.auth.access import require
from app.auth.current import CurrentUser
from app.conversations import repository
from app.conversations.models import Conversation
from app.conversations.schemas import ConversationView
from app.conversations.storing import found
from app.db import Database, now
from app.documents import whole_conversation
from app.errors import NotFound
from app.transfer.schemas import Written

FORMAT = "vllm-chat"
VERSION = 1


class Exporting:
    """Reads; changes nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def document(self, user: CurrentUser, conversation_id: UUID) -> tuple[str, AsyncIterator[str]]:
        """The title, and the parts of the JSON document that `Importing` takes back: the whole tree with its settings.
        Raises NotFound."""
        require(user, "read")
        async with self._db.reading() as db:
            row = found(await repository.conversation(db, user.id, conversation_id))
        return row.title, self._parts(user.id, row)

    async def _parts(self, user_id: UUID, row: Conversation) -> AsyncIterator[str]:
        head = {"format": FORMAT, "version": VERSION, "exported_at": now().isoformat()}
        yield f'{json.dumps(head)[:-1]},\n"conversations": ['
        async for part in whole_conversation(self._db, user_id, row):
            yield part
        yield "]}\n"

    async def path(
        self, user: CurrentUser, conversation_id: UUID, leaf_id: UUID | None = None
    ) -> tuple[ConversationView, list[Written]]:
        """The messages from the first one to `leaf_id`, by default to the newest. Raises NotFound."""
        require(user, "read")
        async with self._db.reading() as db:
            row = found(await repository.conversation(db, user.id, conversation_id))
            leaf = leaf_id or await repository.newest_message_id(db, row.id)
            path = await repository.path(db, row.id, leaf) if leaf else []
        if leaf_id is not None and not path:
            raise NotFound("leaf: there is no such message in this conversation.", code="message_not_found")
        return ConversationView.model_validate(row), [Written.model_validate(one) for one in path]
