"""The application. The only file of `app` that knows `ui`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Match

from app import __version__, health
from app.announcements import router as announcements
from app.audit import router as audit
from app.auth import admin_router, recovery_router, sessions_router, totp_router
from app.auth import router as accounts
from app.auth.guard import Guard
from app.config import Settings
from app.conversations import folder_router
from app.conversations import router as conversations
from app.defaults import router as defaults
from app.docs import ERRORS, install_docs
from app.errors import NotFound
from app.feedback import router as feedback
from app.generations import router as chat
from app.headers import SecurityHeaders
from app.hosts import HostCheck
from app.http import error_response, install_error_handlers
from app.library import router as library
from app.limits import router as limits
from app.limits.http import HEADERS as LIMIT_HEADERS
from app.limits.http import RequestLimits
from app.middleware import BodyLimit, RequestContext
from app.observability import router as observability
from app.openai import router as openai
from app.personal_data import router as personal_data
from app.request_log import router as request_log
from app.services import open_services
from app.sharing import router as sharing
from app.tracing import Traced, Tracing
from app.transfer import router as transfer
from engine.base import Engine
from engine.config import EngineConfig
from engine.factory import build_engine
from ui.app import mount, unavailable, watching

MAX_BODY = 256 * 1024
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
DESCRIPTION = "A self-hosted chat service: chat page, JSON API and the vLLM engine in one process."


def create_app(settings: Settings, engine: Engine | None = None) -> FastAPI:
    """Build it; nothing is opened before the lifespan starts. Tests pass an engine of their own."""
    tracing = Tracing(settings.otlp.endpoint)
    chosen = engine or build_engine(_engine_config(settings, tracing), settings.generations.hang_seconds)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings, chosen, tracing) as services:
            app.state.services = services
            async with watching(services):
                yield

    app = FastAPI(
        title="vllm-chat",
        description=DESCRIPTION,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=ERRORS,
    )
    install_error_handlers(app)
    install_docs(app)
    # Routes are tried in this order: what programs ask for most comes first.
    for module in (openai, chat, conversations, folder_router, limits, health):
        app.include_router(module.router)
    for module in (library, transfer, sharing, audit, request_log, personal_data, accounts):
        app.include_router(module.router)
    for module in (
        sessions_router,
        recovery_router,
        totp_router,
        admin_router,
        observability,
        feedback,
        defaults,
        announcements,
    ):
        app.include_router(module.router)
    app.add_api_route("/api/{path:path}", _no_such_route, methods=METHODS, include_in_schema=False)
    app.add_api_route("/v1/{path:path}", _no_such_route, methods=METHODS, include_in_schema=False)
    mount(app)
    # Added last is outermost.
    app.add_middleware(RequestLimits)
    app.add_middleware(Guard, settings=settings, unavailable=unavailable)
    app.add_middleware(BodyLimit, limit=MAX_BODY)
    if settings.cors_origins:
        # Outside the guard, which would refuse preflights. Cookies stay at home: programs send a bearer token.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=METHODS,
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "Idempotency-Key"],
            expose_headers=["X-Request-ID", "Retry-After", *LIMIT_HEADERS],
        )
    if settings.public_url:
        app.add_middleware(HostCheck, public_url=settings.public_url)
    if tracing.endpoint:
        app.add_middleware(Traced, tracing=tracing)
    app.add_middleware(RequestContext)
    app.add_middleware(SecurityHeaders, tls=settings.secure_cookies)
    return app


def _engine_config(settings: Settings, tracing: Tracing) -> EngineConfig:
    """vLLM's own spans go where ours go."""
    if tracing.endpoint is None:
        return settings.engine
    extra = {"otlp_traces_endpoint": tracing.endpoint} | settings.engine.extra_args
    return settings.engine.model_copy(update={"extra_args": extra})


async def _no_such_route(request: Request, path: str) -> Response:
    """Without this, NiceGUI at `/` would answer for unknown API paths with a page."""
    others = (route for route in request.app.routes if getattr(route, "endpoint", None) is not _no_such_route)
    partial = (route for route in others if route.matches(request.scope)[0] is Match.PARTIAL)
    allowed = {method for route in partial for method in getattr(route, "methods", None) or ()}
    if allowed:
        names = ", ".join(sorted(allowed))
        return error_response(request.scope, 405, "method_not_allowed", f"Use {names}.", {"Allow": names})
    raise NotFound("There is no such route.")
