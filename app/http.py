"""Errors as JSON: the one place where the API says what went wrong."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from app.errors import AppError

log = structlog.get_logger(__name__)

CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}


def error_response(
    request_id: str, status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The error shape of the contract."""
    body = {"error": {"code": code, "message": message, "request_id": request_id}}
    return JSONResponse(body, status, headers=headers)


def app_error_response(request_id: str, error: AppError) -> JSONResponse:
    """An AppError with its Retry-After."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return error_response(request_id, error.status, error.code, error.message, headers)


def request_id_of(request: Request) -> str:
    """Set by the outermost middleware."""
    return str(request.state.request_id)


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
        return app_error_response(request_id_of(request), error)

    async def on_validation(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return error_response(request_id_of(request), 422, "invalid_request", describe_validation(error))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = CODES.get(error.status_code, "http_error")
        headers: Any = error.headers
        return error_response(request_id_of(request), error.status_code, code, str(error.detail), headers)

    app.add_exception_handler(AppError, on_app_error)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


def crash_response(request_id: str) -> JSONResponse:
    """The answer to a bug: no detail leaves the server, the log has it under the request id."""
    return error_response(request_id, 500, "internal_error", "Something went wrong on the server.")
