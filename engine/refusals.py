"""What vLLM refuses, in the words that OpenAI's and Anthropic's clients look at: vLLM fills `type` with the name of an
exception and `code` with the status."""

import json
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# How vLLM tells of a prompt that does not fit, and what programs look for before they shorten it and try again.
TOO_LONG = "(parameter=input_tokens"
CODE_TOO_LONG = "context_length_exceeded"
TOLD_TOO_LONG = "The prompt is too long: "


class Refusals:
    """Around vLLM's application; whatever is no error passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Holds an error back until all of it is there."""
        status, body = 0, b""

        async def reworded(message: Message) -> None:
            nonlocal status, body
            if message["type"] == "http.response.start" and message["status"] >= 400:
                status = message["status"]
            elif not status:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await refusal(scope["path"], status, json.loads(body)["error"])(scope, receive, send)

        await self.app(scope, receive, reworded)


def refusal(path: str, status: int, error: dict[str, Any]) -> JSONResponse:
    """`error` is what vLLM says."""
    message, wrong = error["message"], status < 500
    too_long = TOO_LONG in message
    if too_long:
        message = TOLD_TOO_LONG + message
    if path.startswith("/v1/messages"):
        kind = "not_found_error" if status == 404 else "invalid_request_error" if wrong else "api_error"
        return JSONResponse({"type": "error", "error": {"type": kind, "message": message}}, status)
    kind = "invalid_request_error" if wrong else "server_error"
    code = CODE_TOO_LONG if too_long else "invalid_request" if wrong else kind
    body = {"message": message, "type": kind, "param": error.get("param"), "code": code}
    return JSONResponse({"error": body}, status)
