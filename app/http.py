"""Errors as JSON: the one place where the API says what went wrong."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Scope

from app.errors import AppError

log = structlog.get_logger(__name__)

CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}
# How OpenAI and Anthropic call them, and their clients expect them.
TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
ANTHROPIC_TYPES = TYPES | {404: "not_found_error", 413: "request_too_large", 503: "overloaded_error"}
OPENAI_PATHS = ("/v1/", "/tokenize", "/detokenize")
ANTHROPIC_PATHS = ("/v1/messages",)


def error_response(
    scope: Scope,
    status: int,
    code: str,
    message: str,
    headers: dict[str, str] | None = None,
    *,
    param: str | None = None,
) -> JSONResponse:
    """The error shape of the contract; below `/v1` that of the API spoken there. `param` is the wrong field."""
    path, request_id = scope["path"], scope["state"]["request_id"]
    if path.startswith(ANTHROPIC_PATHS):
        kind = ANTHROPIC_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
        body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}
    elif path.startswith(OPENAI_PATHS):
        kind = TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
        error = {"message": message, "type": kind, "param": param, "code": code, "request_id": request_id}
        body = {"error": error}
    else:
        body = {"error": {"code": code, "message": message, "request_id": request_id}}
    return JSONResponse(body, status, headers=headers)


def app_error_response(scope: Scope, error: AppError) -> JSONResponse:
    """An AppError with its Retry-After."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return error_response(scope, error.status, error.code, error.message, headers, param=error.params.get("param"))


def describe_validation(error: RequestValidationError) -> str:
    """Each fault with its field; never the value, which may be private or unprintable."""
    faults = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"] if part not in ("body", "query", "path"))
        if item["type"] == "json_invalid":
            faults.append(f"The body is not valid JSON (at character {where}).")
            continue
        message = str(item["msg"]).removeprefix("Value error, ")
        faults.append(f"{where}: {message}" if where else message)
    return " ".join(faults[:10])


def install_error_handlers(app: FastAPI) -> None:
    """For everything that a route can raise."""

    async def on_app_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AppError)
        return app_error_response(request.scope, error)

    async def on_validation(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return error_response(request.scope, 422, "invalid_request", describe_validation(error))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = CODES.get(error.status_code, "http_error")
        headers: Any = error.headers
        return error_response(request.scope, error.status_code, code, str(error.detail), headers)

    app.add_exception_handler(AppError, on_app_error)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


def crash_response(scope: Scope) -> JSONResponse:
    """The answer to a bug: no detail leaves the server, the log has it under the request id."""
    return error_response(scope, 500, "internal_error", "Something went wrong on the server.")
