"""vLLM's refusals in the words of the clients."""

from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import ASGIApp

from engine.refusals import Refusals

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
TOO_LONG = "This model's maximum context length is 8 tokens. (parameter=input_tokens, value=9)"


async def said(app: ASGIApp, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(Refusals(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
        return await client.post(path)


@pytest.mark.parametrize(
    ("path", "status", "message", "expected"),
    [
        (CHAT, 400, "no", {"type": "invalid_request_error", "code": "invalid_request", "param": "n"}),
        (CHAT, 400, TOO_LONG, {"type": "invalid_request_error", "code": "context_length_exceeded", "param": "n"}),
        (CHAT, 500, "no", {"type": "server_error", "code": "server_error", "param": "n"}),
        (MESSAGES, 400, "no", {"type": "invalid_request_error"}),
        (MESSAGES, 400, TOO_LONG, {"type": "invalid_request_error"}),
        (MESSAGES, 404, "no", {"type": "not_found_error"}),
        (MESSAGES, 501, "no", {"type": "api_error"}),
    ],
)
async def test_an_error(path: str, status: int, message: str, expected: dict[str, Any]) -> None:
    error = {"message": message, "type": "BadRequestError", "param": "n", "code": status}
    answer = await said(JSONResponse({"error": error}, status), path)
    words = f"The prompt is too long: {message}" if message == TOO_LONG else message
    assert (answer.status_code, answer.json()["error"]) == (status, expected | {"message": words})
    assert ("type" in answer.json()) == (path == MESSAGES)


async def test_an_answer_passes_untouched() -> None:
    async def pieces() -> Any:
        yield b"data: 1\n\n"
        yield b"data: 2\n\n"

    streamed = await said(StreamingResponse(pieces(), headers={"x-more": "1"}), CHAT)
    assert (streamed.text, streamed.headers["x-more"]) == ("data: 1\n\ndata: 2\n\n", "1")
    assert (await said(JSONResponse({"error": None}), CHAT)).json() == {"error": None}
