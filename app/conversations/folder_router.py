"""Routes of folders."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.auth.dependencies import User, services_of
from app.conversations.schemas import FolderCreate, FolderPage, FolderUpdate, FolderView

router = APIRouter(prefix="/api/folders", tags=["conversations"])


@router.get("")
async def list_folders(request: Request, user: User) -> FolderPage:
    """All folders, in order."""
    return await services_of(request).folders.all_of(user)


@router.post("", status_code=201)
async def create_folder(request: Request, user: User, body: FolderCreate) -> FolderView:
    """Make a folder, behind the others."""
    return await services_of(request).folders.create(user, body)


@router.patch("/{folder_id}")
async def update_folder(request: Request, user: User, folder_id: UUID, body: FolderUpdate) -> FolderView:
    """Change name or position."""
    return await services_of(request).folders.update(user, folder_id, body)


@router.delete("/{folder_id}", status_code=204)
async def delete_folder(request: Request, user: User, folder_id: UUID) -> Response:
    """Delete a folder. Its conversations stay, in no folder."""
    await services_of(request).folders.delete(user, folder_id)
    return Response(status_code=204)
