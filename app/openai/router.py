"""`/v1` and its neighbours: what OpenAI's and Anthropic's clients ask for."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.auth.dependencies import User, services_of, signed_in
from app.errors import BadRequest
from app.openai.catalogue import listing
from app.openai.docs import operation

router = APIRouter(tags=["openai"])
ANSWERS = {
    "/v1/chat/completions": "OpenAI's chat completions",
    "/v1/completions": "OpenAI's completions",
    "/v1/responses": "OpenAI's responses, without storage",
    "/v1/messages": "Anthropic's messages",
}
COUNTS = {
    "/v1/messages/count_tokens": "Tokens of a conversation, for Anthropic's clients",
    "/tokenize": "Tokens of a text or a conversation",
    "/detokenize": "Text of tokens",
}


async def answer(request: Request) -> Response:
    """An answer, whole or as events. vLLM's own API does the work."""
    # Not as a dependency: for the busiest route their resolution is a good part of the cost.
    return await services_of(request).openai.answer(await signed_in(request), await _json(request))


async def count(request: Request, user: User) -> Response:
    """No generation, no tokens used."""
    return await services_of(request).openai.count(user, await _json(request))


for path, summary in ANSWERS.items():
    router.add_api_route(path, answer, methods=["POST"], summary=summary, openapi_extra=operation(path))
for path, summary in COUNTS.items():
    router.add_api_route(path, count, methods=["POST"], summary=summary, openapi_extra=operation(path))


@router.get("/v1/models")
async def models(request: Request, user: User) -> dict[str, Any]:
    """What can be asked for by name."""
    return listing(services_of(request).openai.models())


@router.get("/v1/models/{name:path}")
async def model(request: Request, user: User, name: str) -> dict[str, Any]:
    """One of them."""
    return services_of(request).openai.model(name)


@router.post("/v1/embeddings", openapi_extra=operation("/v1/embeddings"))
async def embeddings(request: Request, user: User) -> Response:
    """Where the model can."""
    return await services_of(request).openai.embed(user, await _json(request))


async def _json(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BadRequest("The Content-Type must be application/json.", code="invalid_content_type")
    return await request.body()
