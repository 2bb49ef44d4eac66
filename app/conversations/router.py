"""Routes of conversations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.auth.dependencies import User
from app.conversations.schemas import (
    ConversationCreate,
    ConversationPage,
    ConversationUpdate,
    ConversationView,
    MessagePage,
    Text,
)
from app.conversations.service import ConversationService

router = APIRouter(prefix="/api/conversations", tags=["conversations"])
Limit = Annotated[int, Query(ge=1, le=200)]
MessageLimit = Annotated[int, Query(ge=1, le=1000)]
Search = Annotated[Text | None, Query(max_length=200)]


def _service(request: Request) -> ConversationService:
    service: ConversationService = request.app.state.services.conversations
    return service


@router.get("")
async def list_conversations(
    request: Request,
    user: User,
    q: Search = None,
    cursor: str | None = None,
    limit: Limit = 50,
    archived: bool | None = None,
    folder_id: UUID | None = None,
) -> ConversationPage:
    """Newest first, all or those that are (not) archived or in a folder; `q` searches titles and texts."""
    return await _service(request).list(user, q, cursor, limit, archived, folder_id)


@router.post("", status_code=201)
async def create_conversation(request: Request, user: User, body: ConversationCreate) -> ConversationView:
    """Make an empty conversation."""
    return await _service(request).create(user, body)


@router.get("/{conversation_id}")
async def get_conversation(request: Request, user: User, conversation_id: UUID) -> ConversationView:
    """One conversation."""
    return await _service(request).get(user, conversation_id)


@router.patch("/{conversation_id}")
async def update_conversation(
    request: Request, user: User, conversation_id: UUID, body: ConversationUpdate
) -> ConversationView:
    """Change title, pin, archive mark, folder, system prompt, parameters or model."""
    return await _service(request).update(user, conversation_id, body)


@router.delete("/{conversation_id}", status_code=204)
async def delete_conversation(request: Request, user: User, conversation_id: UUID) -> Response:
    """Delete a conversation with its messages, for ever."""
    await _service(request).delete(user, conversation_id)
    return Response(status_code=204)


@router.get("/{conversation_id}/messages")
async def list_messages(
    request: Request, user: User, conversation_id: UUID, cursor: str | None = None, limit: MessageLimit = 1000
) -> MessagePage:
    """Oldest first."""
    return await _service(request).messages(user, conversation_id, cursor, limit)
