"""Guard by default: every path needs a signed-in user except those listed here."""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.audit.service import AuditService
from app.auth.access import SAFE_METHODS, needed, require
from app.auth.cookie import session_cookie_name
from app.auth.current import CurrentUser
from app.auth.keys import KeyService, is_key
from app.auth.service import AuthService
from app.config import Settings
from app.errors import AppError, Forbidden, Unauthorized, Unavailable
from app.http import app_error_response

PUBLIC = {"/login", "/register", "/logout", "/healthz", "/readyz", "/metrics", "/favicon.ico"}
PUBLIC |= {"/forgot", "/reset", "/verify", "/manifest.webmanifest", "/service-worker.js", "/offline"}
PUBLIC |= {"/api/auth/register", "/api/auth/jwt/login", "/api/auth/forgot-password", "/api/auth/reset-password"}
PUBLIC |= {"/api/auth/request-verify-token", "/api/auth/verify"}
PUBLIC_PREFIXES = ("/static/", "/_nicegui/", "/invite/", "/share/")
# Where a person would see the refusal: the form again is kinder than JSON.
FORMS = {"/login", "/register", "/forgot", "/reset", "/verify"}
DOCS = {"/docs", "/openapi.json"}
DOCS_PREFIXES = ("/docs-assets/",)
SOCKET_PREFIX = "/_nicegui_ws/"
API_PREFIXES = ("/api/", "/v1/", "/tokenize", "/detokenize")


class Guard:
    """Pure ASGI: puts the `CurrentUser` (or None on public paths) into `request.state.user`.

    `unavailable` is the page that people see while it cannot be looked up who they are.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, unavailable: Callable[[Request, Unavailable], Response]
    ) -> None:
        self.app = app
        self._unavailable = unavailable
        self._settings = settings
        development = settings.env == "development"
        self._public = PUBLIC | (DOCS if development else set())
        self._public_prefixes = PUBLIC_PREFIXES + (DOCS_PREFIXES if development else ())
        self._cookie = session_cookie_name(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it pass, or answer 401, 403 or a redirect to the sign-in page."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            await self._check(connection)
        except AppError as error:
            self._note(connection, error)
            await self._refuse(connection, error)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _check(self, connection: HTTPConnection) -> None:
        # Not `url.path`: a hostile Host header has changed that one before (CVE-2026-48710).
        path: str = connection.scope["path"]
        public = connection.state.public = path in self._public or path.startswith(self._public_prefixes)
        connection.state.user = None
        try:
            user = connection.state.user = await self._user(connection)
        except Unavailable:
            if not public:
                raise
            user = None
        if path.startswith(SOCKET_PREFIX) and not self._same_origin(connection, required=True):
            raise Forbidden("This connection comes from another site.", code="foreign_origin")
        changes = connection.scope["type"] == "http" and connection.scope["method"] not in SAFE_METHODS
        by_browser = (user is not None and user.via == "cookie") or not path.startswith(API_PREFIXES)
        if user is not None:
            connection.app.state.services.activity.saw(user.id)
        if changes and by_browser and not self._same_origin(connection, required=False):
            raise Forbidden("This request comes from another site.", code="foreign_origin")
        if user is None and not public:
            raise Unauthorized("Sign in first: the token, key or session is missing, wrong or expired.")
        if user is not None and not public and connection.scope["type"] == "http":
            require(user, needed(connection.scope["method"], path))

    async def _user(self, connection: HTTPConnection) -> CurrentUser | None:
        auth: AuthService = connection.app.state.services.auth
        keys: KeyService = connection.app.state.services.keys
        if key := connection.headers.get("x-api-key"):
            return await keys.user_of(key.strip())
        scheme, _, value = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            token = value.strip()
            return await keys.user_of(token) if is_key(token) else await auth.user_by_jwt(token)
        cookie = connection.cookies.get(self._cookie)
        return await auth.user_by_cookie(cookie) if cookie else None

    def _same_origin(self, connection: HTTPConnection, *, required: bool) -> bool:
        site = connection.headers.get("sec-fetch-site")
        origin = connection.headers.get("origin")
        # Forms of pages that tell no referrer carry "null"; the browser's own word about the site then counts.
        if origin is None or (origin == "null" and site == "same-origin"):
            return site in ("same-origin", "none") or (site is None and not required)
        hosts = {connection.headers.get("host", "")}
        if self._settings.public_url:
            hosts.add(urlsplit(self._settings.public_url).netloc)
        return urlsplit(origin).netloc in hosts

    def _note(self, connection: HTTPConnection, error: AppError) -> None:
        user: CurrentUser | None = getattr(connection.state, "user", None)
        if isinstance(error, Forbidden) and user is not None:
            audit: AuditService = connection.app.state.services.audit
            scope = connection.scope
            audit.record("authz.denied", user, code=error.code, method=scope.get("method"), path=scope["path"][:200])

    def _refuse(self, connection: HTTPConnection, error: AppError) -> ASGIApp:
        if connection.scope["type"] == "websocket":
            return _close_websocket
        if isinstance(error, Unauthorized) and _wants_page(connection):
            query = connection.scope["query_string"].decode("latin-1")
            target = connection.scope["path"] + (f"?{query}" if query else "")
            response: Response = RedirectResponse(f"/login?next={quote(target, safe='/')}", 303)
            response.headers["Cache-Control"] = "no-store"
            return response
        if isinstance(error, Forbidden) and connection.scope["path"] in FORMS:
            return RedirectResponse(connection.scope["path"], 303)
        if isinstance(error, Unavailable) and _wants_page(connection):
            return self._unavailable(Request(connection.scope), error)
        return app_error_response(connection.scope, error)


def _wants_page(connection: HTTPConnection) -> bool:
    headers: Headers = connection.headers
    return (
        connection.scope["method"] in ("GET", "HEAD")
        and not connection.scope["path"].startswith((*API_PREFIXES, "/openapi.json", SOCKET_PREFIX))
        and "text/html" in headers.get("accept", "*/*").replace("*/*", "text/html")
    )


async def _close_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    # Before `accept` this is an HTTP 403 for the client.
    await send({"type": "websocket.close", "code": 1008})
