"""Routes of links, and of copies. What strangers see of a link is a page: `ui.pages.shared`."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.auth.dependencies import User, services_of
from app.auth.letters import visitor_of
from app.conversations.schemas import ConversationView
from app.sharing.schemas import ShareCreate, ShareList, ShareView

router = APIRouter(prefix="/api", tags=["conversations"])


@router.post("/conversations/{conversation_id}/share", responses={201: {"model": ShareView}})
async def share(
    request: Request, response: Response, user: User, conversation_id: UUID, body: ShareCreate | None = None
) -> ShareView:
    """Make a link that everybody who has it may read (201), or let the present one show the newest messages (200)."""
    view, new = await services_of(request).sharing.share(user, conversation_id, body or ShareCreate(), _base(request))
    response.status_code = 201 if new else 200
    return view


@router.get("/conversations/{conversation_id}/share")
async def get_share(request: Request, user: User, conversation_id: UUID) -> ShareView:
    """The link to this conversation."""
    return await services_of(request).sharing.get(user, conversation_id, _base(request))


@router.delete("/conversations/{conversation_id}/share", status_code=204)
async def revoke(request: Request, user: User, conversation_id: UUID) -> Response:
    """End the link at once."""
    await services_of(request).sharing.revoke(user, conversation_id)
    return Response(status_code=204)


@router.get("/shares")
async def list_shares(request: Request, user: User) -> ShareList:
    """All links of one's own, newest first."""
    return await services_of(request).sharing.list(user, _base(request))


@router.post("/messages/{message_id}/fork", status_code=201)
async def fork(request: Request, user: User, message_id: UUID) -> ConversationView:
    """A new conversation with a copy of everything up to this message."""
    return await services_of(request).copying.fork(user, message_id)


def _base(request: Request) -> str:
    return visitor_of(request, services_of(request).settings).base
