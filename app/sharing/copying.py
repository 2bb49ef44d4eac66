"""A new conversation that begins as another one did."""

from collections.abc import Sequence
from uuid import UUID

from app.auth.access import require
from app.auth.current import CurrentUser
from app.conversations import repository
from app.conversations.admissible import found_message
from app.conversations.models import Message
from app.conversations.schemas import ConversationView
from app.conversations.storing import found, title_of
from app.db import Database, now
from app.errors import Conflict
from app.generations.repository import UNFINISHED
from app.transfer import repository as transfer
from app.transfer.imported import Imported, Turn, rows


class Copying:
    """Copies are whole: nothing that becomes of the original changes them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def fork(self, user: CurrentUser, message_id: UUID) -> ConversationView:
        """The path up to this message with the settings of its conversation. Raises NotFound, Conflict
        (`still_running`), Forbidden."""
        require(user, "chat")
        async with self._db.reading() as db:
            message = found_message(await repository.message(db, user.id, message_id))
            original = found(await repository.conversation(db, user.id, message.conversation_id))
            path = await repository.path(db, original.id, message.id)
        copied = Imported(
            title=original.title or title_of(path[0].content),
            turns=[_turn(one, whole=True) for one in ended(path)],
            created_at=now(),
            updated_at=now(),
            system_prompt=original.system_prompt,
            params=original.params,
            model=original.model,
        )
        return await self._store(user.id, copied, original.folder_id)

    async def take(self, user: CurrentUser, title: str, path: Sequence[Message]) -> ConversationView:
        """What somebody else has written up to here, without how it came about. Raises Forbidden."""
        require(user, "chat")
        turns = [_turn(one, whole=False) for one in path]
        return await self._store(user.id, Imported(title=title, turns=turns, created_at=now(), updated_at=now()))

    async def _store(self, user_id: UUID, copied: Imported, folder_id: UUID | None = None) -> ConversationView:
        made = rows(user_id, copied)
        made.conversation["folder_id"] = folder_id
        async with self._db.transaction() as db:
            await transfer.add(db, made)
            row = found(await repository.conversation(db, user_id, made.conversation["id"]))
        return ConversationView.model_validate(row)


def ended(path: Sequence[Message]) -> Sequence[Message]:
    """The path, unless something in it is still being written. Raises Conflict (`still_running`)."""
    if any(one.status in UNFINISHED for one in path):
        raise Conflict("An answer is still being written.", code="still_running")
    return path


def _turn(one: Message, *, whole: bool) -> Turn:
    turn = Turn(
        key=str(one.id),
        parent=str(one.parent_id) if one.parent_id else None,
        role=one.role,
        content=one.content,
        created_at=one.created_at,
        model=one.model,
    )
    if whole:
        turn.reasoning, turn.status = one.reasoning, one.status
        turn.receipt, turn.error_code = one.receipt, one.error_code
    return turn
