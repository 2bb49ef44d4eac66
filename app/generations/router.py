"""`POST /api/chat`, and following or stopping a generation."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from starlette.responses import JSONResponse

from app.auth.dependencies import User
from app.conversations.schemas import ChatRequest
from app.errors import Invalid, Unavailable
from app.generations.generation import Generation
from app.generations.sse import event_stream
from app.services import Services

router = APIRouter(prefix="/api", tags=["chat"])
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}, "application/json": {}}, "description": "The answer"}
}


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


@router.post("/chat", responses=STREAM, response_model=None)
async def chat(request: Request, user: User, body: ChatRequest, accept: Annotated[str, Header()] = "*/*") -> Response:
    """Send a message. The answer comes as events, or whole when only `application/json` is accepted."""
    generation = await _services(request).conversations.send(user, body)
    if wants_json(accept):
        return JSONResponse(await _whole(generation))
    return event_stream(generation.log)


@router.get("/generations/{generation_id}/events", responses=STREAM, response_model=None)
async def events(
    request: Request,
    user: User,
    generation_id: UUID,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    """The events from the start, or after `Last-Event-ID`."""
    generation = await _services(request).generations.find(user, generation_id)
    return event_stream(generation.log, _position(last_event_id, len(generation.log.events)))


@router.delete("/generations/{generation_id}", status_code=204)
async def stop(request: Request, user: User, generation_id: UUID) -> Response:
    """Stop it; also 204 when it has already ended."""
    await _services(request).generations.stop(user, generation_id)
    return Response(status_code=204)


def wants_json(accept: str) -> bool:
    """True for clients that take JSON and not an event stream."""
    types = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    return "application/json" in types and "text/event-stream" not in types


def _position(last_event_id: str | None, length: int) -> int:
    if last_event_id is None:
        return 0
    if not (last_event_id.isascii() and last_event_id.isdigit()) or int(last_event_id[:12]) > length:
        raise Invalid("Last-Event-ID: not the id of an event of this generation.", code="invalid_event_id")
    return int(last_event_id)


async def _whole(generation: Generation) -> dict[str, Any]:
    """Wait for the end. Raises what ended it when it was not finished or stopped."""
    async for _ in generation.log.follow():
        continue
    if generation.error is not None:
        raise generation.error
    last = generation.log.events[-1]
    if last.type != "done":
        raise Unavailable("The server is shutting down.", code="shutting_down", retry_after=10)
    return {
        "conversation_id": str(generation.conversation_id),
        "message_id": str(generation.message_id),
        "generation_id": str(generation.id),
        "content": generation.content,
        **last.data,
    }
