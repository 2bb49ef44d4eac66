"""Conversations: open, change, and what other files do with them."""

from collections.abc import Sequence
from uuid import UUID

from app.auth.access import require
from app.auth.current import CurrentUser
from app.conversations import folder_repository, repository
from app.conversations.cursor import read_cursor, write_cursor
from app.conversations.folders import found as found_folder
from app.conversations.listing import Listing
from app.conversations.models import Conversation
from app.conversations.organizing import Organizing
from app.conversations.schemas import (
    ConversationCreate,
    ConversationUpdate,
    ConversationView,
    FeedbackRequest,
    MessagePage,
    MessagePlace,
    MessageView,
    Params,
)
from app.conversations.sending import Sending
from app.conversations.storing import found
from app.db import Database
from app.defaults.service import Defaults
from app.errors import Invalid, NotFound
from app.generations.backends import Backends


class ConversationService:
    """One service call, one or two short transactions; never one held while an answer streams."""

    def __init__(
        self,
        db: Database,
        backends: Backends,
        defaults: Defaults,
        sending: Sending,
        listing: Listing,
        organizing: Organizing,
    ) -> None:
        self._db = db
        self._backends = backends
        self._defaults = defaults
        self.list = listing.list
        self.overview = listing.overview
        self.lines = listing.lines
        self.search = listing.search
        self.by_ids = listing.by_ids
        self.organize = organizing.organize
        self.remove = organizing.remove
        self.restore = organizing.restore
        self.delete = organizing.delete
        self.send = sending.send
        self.regenerate = sending.regenerate
        self.continue_answer = sending.continue_answer

    async def get(self, user: CurrentUser, conversation_id: UUID) -> ConversationView:
        """Raises NotFound."""
        async with self._db.reading() as db:
            row = found(await repository.conversation(db, user.id, conversation_id))
        return ConversationView.model_validate(row)

    async def create(self, user: CurrentUser, body: ConversationCreate) -> ConversationView:
        """An empty conversation. Raises NotFound (`model_not_found`), Forbidden."""
        require(user, "chat")
        prompt, model = await self._defaults.chosen(body.system_prompt, body.model)
        if model is not None:
            self._backends.by_name(model)
        body = body.model_copy(update={"system_prompt": prompt, "model": model})
        params = body.params.model_dump(exclude_none=True)
        row = Conversation(user_id=user.id, **body.model_dump(exclude={"params"}), params=params)
        async with self._db.transaction() as db:
            db.add(row)
        return ConversationView.model_validate(row)

    async def update(self, user: CurrentUser, conversation_id: UUID, body: ConversationUpdate) -> ConversationView:
        """Change what the body names; without a system prompt the default one counts, as it is now. Raises NotFound
        (conversation, model or folder), Forbidden."""
        require(user, "chat")
        if body.model is not None:
            self._backends.by_name(body.model)
        if "system_prompt" in body.model_fields_set and body.system_prompt is None:
            body = body.model_copy(update={"system_prompt": (await self._defaults.in_force()).system_prompt})
        async with self._db.transaction() as db:
            row = found(await repository.conversation(db, user.id, conversation_id))
            if body.folder_id is not None:
                found_folder(await folder_repository.folder(db, user.id, body.folder_id))
            for name in body.model_fields_set:
                value = getattr(body, name)
                if isinstance(value, Params):
                    value = value.model_dump(exclude_none=True)
                if value is not None or name in ("system_prompt", "model", "folder_id"):
                    setattr(row, name, value)
        return ConversationView.model_validate(row)

    async def messages(
        self, user: CurrentUser, conversation_id: UUID, cursor: str | None = None, limit: int = 1000
    ) -> MessagePage:
        """Oldest first. Raises NotFound."""
        after = read_cursor(cursor)
        async with self._db.reading() as db:
            rows = await repository.messages(db, user.id, conversation_id, after, limit + 1)
            if not rows:
                found(await repository.conversation(db, user.id, conversation_id))
        more = write_cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
        return MessagePage(items=[MessageView.model_validate(row) for row in rows[:limit]], next=more)

    async def places(self, user: CurrentUser, conversation_id: UUID) -> list[MessagePlace]:
        """Of all messages, oldest first: little to read, however much was said. Raises NotFound."""
        async with self._db.reading() as db:
            if not (places := await repository.places(db, user.id, conversation_id)):
                found(await repository.conversation(db, user.id, conversation_id))
        return places

    async def some(self, user: CurrentUser, conversation_id: UUID, ids: Sequence[UUID]) -> list[MessageView]:
        """These messages, in the order of `ids`. Raises NotFound when one of them is not there."""
        async with self._db.reading() as db:
            rows = {row.id: row for row in await repository.some(db, user.id, conversation_id, ids)}
            if not rows:
                found(await repository.conversation(db, user.id, conversation_id))
        if missing := next((message_id for message_id in ids if message_id not in rows), None):
            raise NotFound(f"There is no message {missing} here.", code="message_not_found")
        return [MessageView.model_validate(rows[message_id]) for message_id in ids]

    async def rate(self, user: CurrentUser, message_id: UUID, body: FeedbackRequest) -> None:
        """Keep what the user thinks of an answer. Raises NotFound, Invalid (`not_an_answer`), Forbidden."""
        require(user, "chat")
        async with self._db.transaction() as db:
            role = await repository.rate(db, user.id, message_id, body.value, (body.comment or "").strip())
        if role is None:
            raise NotFound("There is no such message.", code="message_not_found")
        if role != "assistant":
            raise Invalid("Only an answer can be rated.", code="not_an_answer")
