"""`POST /api/chat` and its sisters, and following or stopping a generation."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from starlette.responses import JSONResponse

from app.auth.dependencies import User, services_of
from app.conversations.schemas import ChatRequest, FeedbackRequest
from app.errors import AppError, Invalid, Unavailable
from app.generations.generation import Followed, Generation
from app.generations.sse import EventStream

router = APIRouter(prefix="/api", tags=["chat"])
Accept = Annotated[str, Header()]
Key = Annotated[str | None, Header(alias="Idempotency-Key")]
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}, "application/json": {}}, "description": "The answer"}
}


@router.post("/chat", responses=STREAM, response_model=None)
async def chat(request: Request, user: User, body: ChatRequest, accept: Accept = "*/*", key: Key = None) -> Response:
    """Send a message. The answer comes as events, or whole when only `application/json` is accepted."""
    return await _answer(await services_of(request).conversations.send(user, body, key, counted=True), accept)


@router.post("/messages/{message_id}/regenerate", responses=STREAM, response_model=None)
async def regenerate(
    request: Request, user: User, message_id: UUID, accept: Accept = "*/*", key: Key = None
) -> Response:
    """Another answer to the same question, beside those there are."""
    return await _answer(
        await services_of(request).conversations.regenerate(user, message_id, key, counted=True), accept
    )


@router.post("/messages/{message_id}/continue", responses=STREAM, response_model=None)
async def continue_(
    request: Request, user: User, message_id: UUID, accept: Accept = "*/*", key: Key = None
) -> Response:
    """Go on with an answer that was cut off. The events hold the whole answer, what there was as the first delta."""
    conversations = services_of(request).conversations
    return await _answer(await conversations.continue_answer(user, message_id, key, counted=True), accept)


@router.post("/messages/{message_id}/feedback", status_code=204)
async def feedback(request: Request, user: User, message_id: UUID, body: FeedbackRequest) -> Response:
    """Say what you think of an answer; `null` takes it back. Each time it is the whole of it."""
    await services_of(request).conversations.rate(user, message_id, body)
    return Response(status_code=204)


@router.get("/generations/{generation_id}/events", responses=STREAM, response_model=None)
async def events(
    request: Request,
    user: User,
    generation_id: UUID,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    """The events from the start, or after `Last-Event-ID`."""
    followed = await services_of(request).generations.find(user, generation_id)
    return EventStream(followed.log, _position(last_event_id, followed))


@router.delete("/generations/{generation_id}", status_code=204)
async def stop(request: Request, user: User, generation_id: UUID) -> Response:
    """Stop it; also 204 when it has already ended."""
    await services_of(request).generations.stop(user, generation_id)
    return Response(status_code=204)


def wants_json(accept: str) -> bool:
    """True for clients that take JSON and not an event stream."""
    types = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    return "application/json" in types and "text/event-stream" not in types


def _position(last_event_id: str | None, followed: Followed) -> int:
    if last_event_id is None:
        return 0
    position = int(last_event_id[:12]) if last_event_id.isascii() and last_event_id.isdigit() else -1
    # What was seen on the server that writes it may come here later: when Redis is back, or that server is.
    known_here = isinstance(followed, Generation) or followed.log.ended
    if position < 0 or (known_here and position > len(followed.log.events)):
        raise Invalid("Last-Event-ID: not the id of an event of this generation.", code="invalid_event_id")
    return position


async def _answer(followed: Followed, accept: str) -> Response:
    return JSONResponse(await _whole(followed)) if wants_json(accept) else EventStream(followed.log)


async def _whole(followed: Followed) -> dict[str, Any]:
    """Wait for the end. Raises what ended it when it was not finished or stopped."""
    async for _ in followed.log.follow():
        continue
    last = followed.log.events[-1] if followed.log.ended else None
    if last is None:
        raise Unavailable("The server is shutting down.", code="shutting_down", retry_after=10)
    if last.type == "error":
        raise AppError.from_data(last.data)
    return {
        "conversation_id": str(followed.conversation_id),
        "message_id": str(followed.message_id),
        "generation_id": str(followed.id),
        "content": followed.log.text(),
        **last.data,
    }
