"""Pure ASGI: counts requests, tells what is left in headers, refuses with 429. Streams pass untouched."""

import time
from math import ceil

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.auth.access import SAFE_METHODS
from app.auth.current import CurrentUser
from app.http import app_error_response
from app.limits.requests import too_fast
from app.limits.service import LimitService
from app.limits.windows import Window

HEADERS = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]
# Of what is public: signs of life, files, the page's socket, and signing out. They do no work worth counting.
FREE = {"/healthz", "/readyz", "/metrics", "/favicon.ico", "/logout", "/docs", "/openapi.json"}
# What a browser fetches by itself with its first page: an office behind one address would use its rate up with it.
FREE |= {"/manifest.webmanifest", "/service-worker.js", "/offline"}
FREE_PREFIXES = ("/static/", "/_nicegui/", "/_nicegui_ws/", "/docs-assets/")
# Their page tells in words what their POST was refused for.
FORMS = {"/login", "/register", "/forgot", "/reset", "/verify"}
# Read by people, who are told in words.
PAGES = ("/share/",)
API = {"/tokenize", "/detokenize"}
API_PREFIXES = ("/api/", "/v1/")


class RequestLimits:
    """Inside of the guard, which knows who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One hit for each request, however long its answer streams."""
        window = await self._window(HTTPConnection(scope)) if scope["type"] == "http" else None
        if window is None:
            await self.app(scope, receive, send)
            return
        names = dict(zip(HEADERS, (window.limit, window.remaining, ceil(time.time() + window.wait)), strict=True))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in names.items():
                    headers[name] = str(value)
                if error is not None:
                    headers["Retry-After"] = str(error.retry_after)
            await send(message)

        error = None if window.allowed else too_fast(window)
        told_by_page = scope["path"] in FORMS or scope["path"].startswith(PAGES)
        if error is not None and not told_by_page:
            await app_error_response(scope, error)(scope, receive, send_with_headers)
            return
        scope["state"]["refused"] = error
        await self.app(scope, receive, send_with_headers)

    async def _window(self, connection: HTTPConnection) -> Window | None:
        path, method = connection.scope["path"], connection.scope["method"]
        limits: LimitService = connection.app.state.services.limits
        if connection.state.public:
            free = path in FREE or path.startswith(FREE_PREFIXES) or (path in FORMS and method in SAFE_METHODS)
            return None if free else await limits.hit_address(connection.client.host if connection.client else None)
        user: CurrentUser = connection.state.user
        return await limits.hit_user(user) if path in API or path.startswith(API_PREFIXES) else None
