"""Folders: where a user keeps conversations together."""

from uuid import UUID

from app.auth.access import require
from app.auth.current import CurrentUser
from app.conversations import folder_repository
from app.conversations.models import Folder
from app.conversations.schemas import FolderCreate, FolderPage, FolderUpdate, FolderView
from app.db import Database
from app.errors import Conflict, NotFound

MAX_FOLDERS = 200


class FolderService:
    """One short transaction per call."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all_of(self, user: CurrentUser) -> FolderPage:
        """All of them, in order."""
        async with self._db.reading() as db:
            rows = await folder_repository.folders(db, user.id)
        return FolderPage(items=[FolderView.model_validate(row) for row in rows])

    async def create(self, user: CurrentUser, body: FolderCreate) -> FolderView:
        """Behind the others. Raises Forbidden, Conflict (`too_many_folders`)."""
        require(user, "chat")
        async with self._db.transaction() as db:
            count, last = await folder_repository.count_and_last(db, user.id)
            if count >= MAX_FOLDERS:
                raise Conflict(f"There are {count} folders already.", code="too_many_folders", max=MAX_FOLDERS)
            row = Folder(user_id=user.id, name=body.name.strip(), position=last + 1)
            db.add(row)
        return FolderView.model_validate(row)

    async def update(self, user: CurrentUser, folder_id: UUID, body: FolderUpdate) -> FolderView:
        """Change what the body names. Raises NotFound, Forbidden."""
        require(user, "chat")
        async with self._db.transaction() as db:
            row = found(await folder_repository.folder(db, user.id, folder_id))
            if body.name is not None:
                row.name = body.name.strip()
            if body.position is not None:
                row.position = body.position
        return FolderView.model_validate(row)

    async def delete(self, user: CurrentUser, folder_id: UUID) -> None:
        """Its conversations stay, in no folder. Raises NotFound, Forbidden."""
        require(user, "chat")
        async with self._db.transaction() as db:
            if not await folder_repository.delete_folder(db, user.id, folder_id):
                found(None)


def found(row: Folder | None) -> Folder:
    """Raises NotFound; unknown and somebody else's look the same."""
    if row is None:
        raise NotFound("There is no such folder.", code="folder_not_found")
    return row
