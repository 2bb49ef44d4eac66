"""Routes that carry conversations out and in."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from app.auth.dependencies import User, services_of
from app.language import language_of
from app.transfer.file_names import attachment
from app.transfer.markdown import markdown
from app.transfer.schemas import ImportReport

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE = {"requestBody": {"required": True, "content": {"application/json": _BINARY, "application/zip": _BINARY}}}

router = APIRouter(prefix="/api/conversations", tags=["conversations"])
FormatName = Annotated[Literal["json", "md"], Query(alias="format")]
Leaf = Annotated[UUID | None, Query(description="Last message of the path; absent: the newest one. Markdown only")]


@router.get("/{conversation_id}/export", response_class=StreamingResponse)
async def export(
    request: Request, user: User, conversation_id: UUID, kind: FormatName = "json", leaf: Leaf = None
) -> StreamingResponse:
    """JSON: everything, as `import` takes it back. Markdown: the messages of one path, as they were written."""
    exporting = services_of(request).exporting
    if kind == "json":
        title, document = await exporting.document(user, conversation_id)
        return StreamingResponse(document, media_type="application/json", headers=_saved(title, "json"))
    conversation, path = await exporting.path(user, conversation_id, leaf)
    parts = markdown(conversation, path, language_of(request))
    return StreamingResponse(parts, media_type="text/markdown; charset=utf-8", headers=_saved(conversation.title, "md"))


@router.post("/import", openapi_extra=_FILE)
async def import_(request: Request, user: User) -> ImportReport:
    """The body is the file: JSON of `export` or of `/api/users/me/export`, ChatGPT's `conversations.json`, or the zip
    that holds it; at most 64 MB. Each conversation is stored whole or left out with a reason."""
    return await services_of(request).importing.run(user, request.stream(), language_of(request))


def _saved(title: str, suffix: str) -> dict[str, str]:
    return {"Content-Disposition": attachment(title, suffix), "Cache-Control": "no-store"}
