"""Lists of conversations, for programs and for the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row

from app.auth.current import CurrentUser
from app.conversations import folder_repository, list_repository, search_repository
from app.conversations.cursor import read_cursor, write_cursor
from app.conversations.list_repository import Listed, Place
from app.conversations.models import Conversation
from app.conversations.schemas import ConversationPage, ConversationView, FolderView, ListedConversation
from app.db import Database

# Conversations that are looked through in one statement: few at first, so that the first hits come at once.
WINDOWS = (200, 1000)
MAX_PINNED = 200

Some = Sequence[ColumnElement[bool]]
# Each conversation stands in one: archived before all, then pinned, then in its folder (by id), then in no folder.
Section = UUID | Literal["pinned", "main", "archived"]


@dataclass(frozen=True, slots=True)
class Lines:
    """A part of a list. `next` is the cursor of the part that follows; a search may go on without hits so far."""

    items: list[Listed]
    next: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows when it opens."""

    folders: list[FolderView]
    pinned: list[Listed]
    main: Lines


class Listing:
    """One short transaction each."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(
        self,
        user: CurrentUser,
        q: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
        archived: bool | None = None,
        folder_id: UUID | None = None,
    ) -> ConversationPage:
        """Newest first; `q` searches titles and texts. Raises Invalid for a foreign cursor."""
        some: list[ColumnElement[bool]] = []
        if archived is not None:
            some.append(Conversation.archived.is_(archived))
        if folder_id is not None:
            some.append(Conversation.folder_id == folder_id)
        # PostgreSQL cannot even look for U+0000, and no text holds it.
        if q := q and q.replace("\x00", ""):
            return await self._found(user, q, some, read_cursor(cursor), limit)
        async with self._db.reading() as db:
            rows = await list_repository.conversations(db, user.id, some, read_cursor(cursor), limit + 1)
        # As a dict: a third of the time of reading a row's attributes.
        items = [ListedConversation.model_validate(row._asdict()) for row in rows[:limit]]
        return ConversationPage(items=items, next=_cursor(rows, limit))

    async def _found(self, user: CurrentUser, q: str, some: Some, after: Place | None, limit: int) -> ConversationPage:
        found: list[ListedConversation] = []
        while len(found) < limit:
            window = WINDOWS[0] if after is None else WINDOWS[1]
            async with self._db.reading() as db:
                hits, after = await search_repository.search(db, user.id, q, some, after, window, limit - len(found))
                ids = [hit.id for hit in hits]
                rows = await list_repository.conversations(db, user.id, [Conversation.id.in_(ids)], None, limit)
            by_id = {row.id: ConversationView.model_validate(row).model_dump() for row in rows}
            found += [ListedConversation(**by_id[hit.id], snippet=hit.snippet) for hit in hits]
            if after is None:
                break
        return ConversationPage(items=found, next=write_cursor(*after) if after else None)

    # For the page

    async def overview(self, user: CurrentUser, limit: int) -> Overview:
        """Folders, what is pinned, and the first part of the rest."""
        async with self._db.reading() as db:
            folders = await folder_repository.folders(db, user.id)
            pinned = await list_repository.listed(db, user.id, _section("pinned"), None, MAX_PINNED)
            rows = await list_repository.listed(db, user.id, _section("main"), None, limit + 1)
        main = Lines(rows[:limit], _cursor(rows, limit))
        return Overview([FolderView.model_validate(folder) for folder in folders], pinned, main)

    async def lines(self, user: CurrentUser, section: Section, cursor: str | None, limit: int) -> Lines:
        """The next part of a section. Raises Invalid for a foreign cursor."""
        async with self._db.reading() as db:
            rows = await list_repository.listed(db, user.id, _section(section), read_cursor(cursor), limit + 1)
        return Lines(rows[:limit], _cursor(rows, limit))

    async def by_ids(self, user: CurrentUser, ids: Sequence[UUID]) -> Sequence[Listed]:
        """Those that there are, newest first."""
        async with self._db.reading() as db:
            return await list_repository.listed(db, user.id, [Conversation.id.in_(ids)], None, len(ids))

    async def search(self, user: CurrentUser, q: str, cursor: str | None, limit: int) -> Lines:
        """What a part of the conversations gives, the newest first; to be called again until `next` is None.

        Raises Invalid for a foreign cursor.
        """
        after = read_cursor(cursor)
        window = WINDOWS[0] if after is None else WINDOWS[1]
        async with self._db.reading() as db:
            hits, after = await search_repository.search(db, user.id, q, (), after, window, limit)
        return Lines(hits, write_cursor(*after) if after else None)


def _section(section: Section) -> Some:
    if section == "archived":
        return [Conversation.archived.is_(True)]
    here = Conversation.archived.is_(False)
    if section == "pinned":
        return [here, Conversation.pinned.is_(True)]
    folder = Conversation.folder_id == section if isinstance(section, UUID) else Conversation.folder_id.is_(None)
    return [here, Conversation.pinned.is_(False), folder]


def _cursor(rows: Sequence[Listed] | Sequence[Row[Any]], limit: int) -> str | None:
    return write_cursor(rows[limit - 1].updated_at, rows[limit - 1].id) if len(rows) > limit else None
