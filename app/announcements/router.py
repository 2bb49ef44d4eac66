"""Routes of announcements: for everybody to read, for administrators to write."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.announcements.schemas import Announcement, AnnouncementCreate, AnnouncementList, AnnouncementUpdate
from app.auth.dependencies import User, services_of

router = APIRouter(prefix="/api", tags=["administration"])


@router.get("/announcements")
async def current_announcements(request: Request, user: User) -> AnnouncementList:
    """What administrators tell everybody now, newest first."""
    return AnnouncementList(items=await services_of(request).announcements.current())


@router.get("/admin/announcements")
async def list_announcements(request: Request, admin: User) -> AnnouncementList:
    """Also those that have ended."""
    return AnnouncementList(items=await services_of(request).announcements.everything(admin))


@router.post("/admin/announcements", status_code=201)
async def create_announcement(request: Request, admin: User, body: AnnouncementCreate) -> Announcement:
    """Tell everybody; open pages show it at once."""
    return await services_of(request).announcements.create(admin, body)


@router.patch("/admin/announcements/{announcement_id}")
async def update_announcement(
    request: Request, admin: User, announcement_id: UUID, body: AnnouncementUpdate
) -> Announcement:
    """Change it; those who dismissed it see it again."""
    return await services_of(request).announcements.update(admin, announcement_id, body)


@router.delete("/admin/announcements/{announcement_id}", status_code=204)
async def withdraw_announcement(request: Request, admin: User, announcement_id: UUID) -> Response:
    """Withdraw it from everybody, for ever."""
    await services_of(request).announcements.withdraw(admin, announcement_id)
    return Response(status_code=204)
