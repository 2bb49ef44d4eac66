"""Pure ASGI middleware: the request id and log, and the cap on bodies. Headers and CSP: `app.headers`."""

import re
import time
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import metrics
from app.errors import TooLarge
from app.http import ANTHROPIC_PATHS, app_error_response, crash_response
from app.origin import arrived, left

log = structlog.get_logger(__name__)

# What nginx logs for a client that hung up before it was answered.
GONE = 499
REQUEST_ID = re.compile(r"[\w.-]{1,64}")
TOKEN_PATHS = ("/share/", "/invite/")
QUIET_PATHS = ("/healthz", "/readyz", "/metrics", "/_nicegui", "/static/")


class RequestContext:
    """Gives every request an id, logs it once without its query, and turns a bug into a 500 with that id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Outermost."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        here = arrived(scope)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if scope["path"].startswith(ANTHROPIC_PATHS):
                    headers["Request-ID"] = request_id  # where Anthropic's clients look
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, send_with_id)
        except ClientDisconnect:
            status = status or GONE
        except Exception:
            if scope["type"] != "http":
                raise
            log.exception("request failed", path=_loggable(scope["path"]))
            if status == 0:
                await crash_response(scope)(scope, receive, send_with_id)
        finally:
            if scope["type"] == "http":
                _account(scope, status, time.perf_counter() - started)
            left(here)
            structlog.contextvars.unbind_contextvars("request_id")


def _account(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "other")
    metrics.http_requests.labels(route, _method(scope["method"]), str(status)).inc()
    if not scope["path"].startswith(QUIET_PATHS):
        user = scope["state"].get("user")
        log.info(
            "request",
            method=scope["method"],
            path=_loggable(scope["path"]),
            status=status,
            ms=round(seconds * 1000, 1),
            user_id=str(user.id) if user else None,
        )


def _loggable(path: str) -> str:
    """Whoever has the token of a link has what it leads to."""
    return next((f"{prefix}-" for prefix in TOKEN_PATHS if path.startswith(prefix)), path)


def _method(method: str) -> str:
    return method if method in ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS") else "other"


# What signing in and registering can need, with every character escaped.
FORMS = ("/login", "/register", "/api/auth/")
# Whole conversations and documents of programs.
API = ("/v1/", "/tokenize", "/detokenize")
# Files of whole accounts, which are not read as a whole.
IMPORTS = ("/api/conversations/import",)
SIZES = ((FORMS, 16 * 1024), (API, 2 * 1024 * 1024), (IMPORTS, 64 * 1024 * 1024))


class BodyLimit:
    """Refuses a body over `limit` bytes, also one that comes in chunks without a length. Forms of accounts, which
    anybody may send, are held to less, the OpenAI API and imports to more."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts what comes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = next((size for paths, size in SIZES if scope["path"].startswith(paths)), self.limit)
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > limit:
            await app_error_response(scope, _too_large(limit))(scope, receive, send)
            return
        seen, exceeded = 0, False

        async def counted() -> Message:
            nonlocal seen, exceeded
            message = await receive()
            seen += len(message.get("body", b""))
            exceeded = exceeded or seen > limit
            # The route must not work on a part of a body: for it the client has gone.
            return {"type": "http.disconnect"} if exceeded else message

        async def unless_exceeded(message: Message) -> None:
            if not exceeded:
                await send(message)

        try:
            await self.app(scope, counted, unless_exceeded)
        except ClientDisconnect:
            if not exceeded:
                raise
        if exceeded:
            await app_error_response(scope, _too_large(limit))(scope, receive, send)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit // 1024} KB.", limit=limit)
