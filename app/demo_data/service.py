"""An account to show the service with: conversations with all that Markdown has, folders, a shared link."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from app.audit.service import AuditService
from app.auth import repository as accounts
from app.auth.current import CurrentUser
from app.auth.people import People
from app.conversations.folders import FolderService
from app.conversations.schemas import FolderCreate
from app.db import Database, now
from app.demo_data.reading import Written, read_all
from app.sharing.copying import Copying
from app.sharing.schemas import ShareCreate
from app.sharing.service import Sharing
from app.transfer import repository as transfer
from app.transfer.imported import rows


@dataclass(frozen=True, slots=True)
class Filled:
    """What was added: nothing where there were conversations already. `links` are those of the account now; `new` tells
    whether the account was made, with the password that was given."""

    new: bool
    conversations: int
    links: list[str]


class DemoData:
    """`base` is the address under which the service is reached, for the link."""

    def __init__(self, db: Database, people: People, audit: AuditService, base: str) -> None:
        self._db, self._people, self._base = db, people, base
        self._folders = FolderService(db)
        self._sharing = Sharing(db, Copying(db), audit)

    async def fill(self, email: str, password: str) -> Filled:
        """Make the account, with this password, if it is not there, and fill it unless it has conversations. Raises
        AppError."""
        user, new = await self._account(email, password)
        async with self._db.reading() as db:
            empty = not await transfer.has_conversations(db, user.id)
        written = await asyncio.to_thread(read_all, now()) if empty else []
        folders: dict[str, UUID] = {}
        for one in written:
            await self._add(user, one, folders)
        links = (await self._sharing.list(user, self._base)).items
        return Filled(new, len(written), [link.url for link in links])

    async def _account(self, email: str, password: str) -> tuple[CurrentUser, bool]:
        async with self._db.reading() as db:
            known = await accounts.user_by_email(db, email)
        if known is None:
            return await self._people.registration.create_member(email, password), True
        return CurrentUser(known.id, known.email, "member", "cookie"), False

    async def _add(self, user: CurrentUser, one: Written, folders: dict[str, UUID]) -> None:
        if one.folder is not None and one.folder not in folders:
            folders[one.folder] = (await self._folders.create(user, FolderCreate(name=one.folder))).id
        made = rows(user.id, one.conversation)
        made.conversation["folder_id"] = folders.get(one.folder or "")
        async with self._db.transaction() as db:
            await transfer.add(db, made)
        if one.shared:
            await self._sharing.share(user, made.conversation["id"], ShareCreate(), self._base)
