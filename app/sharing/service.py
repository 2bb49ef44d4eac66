"""Links to conversations: who has one may read, and nothing else."""

import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.audit.service import AuditService
from app.auth.access import require
from app.auth.current import CurrentUser
from app.conversations import repository as conversations
from app.conversations.models import Message
from app.conversations.schemas import ConversationView
from app.conversations.storing import found
from app.db import Database, now
from app.errors import Conflict, NotFound
from app.sharing import repository
from app.sharing.copying import Copying, ended
from app.sharing.models import Share
from app.sharing.schemas import ShareCreate, Shared, ShareList, ShareView
from app.transfer.schemas import Written

# 128 bits: nobody finds one by trying.
TOKEN_BYTES = 16
_TOKEN = re.compile(r"[\w-]{22}", re.ASCII)


class Sharing:
    """`base`, where links are asked for, is the address under which the asker reaches us."""

    def __init__(self, db: Database, copying: Copying, audit: AuditService) -> None:
        self._db, self._copying, self._audit = db, copying, audit

    async def share(
        self, user: CurrentUser, conversation_id: UUID, body: ShareCreate, base: str
    ) -> tuple[ShareView, bool]:
        """Make the link, or let the one there is show what there is now; True when it is new. Raises NotFound,
        Conflict (`nothing_to_share`, `still_running`, `temporary_chat`), Forbidden."""
        require(user, "chat")
        at = now()
        async with self._db.transaction() as db:
            conversation = found(await conversations.conversation(db, user.id, conversation_id))
            if conversation.temporary:
                raise Conflict("A temporary chat cannot be shared.", code="temporary_chat")
            leaf = body.leaf_id or await conversations.newest_message_id(db, conversation_id)
            path = ended(await conversations.path(db, conversation_id, leaf) if leaf else [])
            if leaf is None:
                raise Conflict("There are no messages to share yet.", code="nothing_to_share")
            if not path:
                raise NotFound("leaf_id: there is no such message.", code="message_not_found")
            row = await repository.of_conversation(db, user.id, conversation_id)
            new = row is None
            if row is None:
                row = Share(conversation_id=conversation_id, user_id=user.id, token=secrets.token_urlsafe(TOKEN_BYTES))
                db.add(row)
            elif row.expires_at is not None and row.expires_at <= at:
                # Who had the link that has ended does not have this one.
                row.token = secrets.token_urlsafe(TOKEN_BYTES)
            row.leaf_id, row.title, row.created_at = leaf, conversation.title, at
            row.expires_at = at + timedelta(days=body.expires_in_days) if body.expires_in_days else None
        if new:
            self._audit.record("share.created", user, f"conversation:{conversation_id}")
        return _view(row, base), new

    async def get(self, user: CurrentUser, conversation_id: UUID, base: str) -> ShareView:
        """Raises NotFound (`conversation_not_found`, `not_shared`)."""
        async with self._db.reading() as db:
            found(await conversations.conversation(db, user.id, conversation_id))
            row = await repository.of_conversation(db, user.id, conversation_id)
        if row is None:
            raise NotFound("This conversation is not shared.", code="not_shared")
        return _view(row, base)

    async def list(self, user: CurrentUser, base: str) -> ShareList:
        """All of one's links, newest first, the expired ones, too."""
        async with self._db.reading() as db:
            rows = await repository.of_user(db, user.id)
        return ShareList(items=[_view(row, base) for row in rows])

    async def revoke(self, user: CurrentUser, conversation_id: UUID) -> None:
        """From now on the link leads nowhere. Raises NotFound as `get`, Forbidden."""
        require(user, "chat")
        async with self._db.transaction() as db:
            found(await conversations.conversation(db, user.id, conversation_id))
            if not await repository.revoke(db, user.id, conversation_id):
                raise NotFound("This conversation is not shared.", code="not_shared")
        self._audit.record("share.revoked", user, f"conversation:{conversation_id}")

    async def read(self, token: str) -> Shared:
        """What whoever has the link sees. Raises NotFound, the same for all that lead nowhere."""
        row, path = await self._open(token)
        return Shared(
            title=row.title,
            created_at=row.created_at,
            messages=[Written.model_validate(one) for one in path],
        )

    async def take(self, user: CurrentUser, token: str) -> ConversationView:
        """Go on with what somebody has shared, in a conversation of one's own. Raises NotFound, Forbidden."""
        row, path = await self._open(token)
        return await self._copying.take(user, row.title, path)

    async def _open(self, token: str) -> tuple[Share, Sequence[Message]]:
        if _TOKEN.fullmatch(token):
            async with self._db.reading() as db:
                if (row := await repository.by_token(db, token, now())) is not None:
                    return row, await conversations.path(db, row.conversation_id, row.leaf_id)
        raise NotFound("This link leads nowhere.", code="not_shared")


def _view(row: Share, base: str) -> ShareView:
    return ShareView(
        conversation_id=row.conversation_id,
        leaf_id=row.leaf_id,
        url=f"{base}/share/{row.token}",
        title=row.title,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
