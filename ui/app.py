"""Puts the pages onto the application."""

from fastapi import FastAPI
from nicegui import Client, ui
from nicegui import app as nicegui_app
from starlette.requests import Request
from starlette.responses import Response

from app.collecting import closed
from ui.deps import keep_parent
from ui.pages import admin, chat, settings
from ui.pages.account import router
from ui.pages.manifest import router as manifest
from ui.pages.offline import router as offline
from ui.pages.print import router as printing
from ui.pages.recovery import router as recovery
from ui.pages.shared import router as shared
from ui.sessions import watching as watching
from ui.signatures import keep_signatures
from ui.socket_guard import guard_sockets
from ui.static_files import FOLDER, CachedStaticFiles
from ui.templating import not_found
from ui.templating import unavailable as unavailable
from ui.theme import add_shared_head
from ui.thread_page import Renderings
from ui.turns import Turns

TITLE = "vllm-chat"
VIEWPORT = "width=device-width, initial-scale=1, interactive-widget=resizes-content"
RECONNECT_SECONDS = 30.0


async def _not_found(request: Request, _: Exception) -> Response:
    return not_found(request)


def mount(app: FastAPI, *, storage_secret: str | None = None) -> None:
    """Register all pages. To be called last: NiceGUI takes every path that is still free.

    Pages keep nothing in NiceGUI's storage; without `storage_secret` it sets no cookie and writes no files.
    """
    _forget_earlier_application()
    keep_parent(app)
    app.state.renderings = Renderings()
    app.state.turns = Turns()
    app.include_router(router)
    app.include_router(recovery)
    app.include_router(manifest)
    app.include_router(offline)
    app.include_router(printing)
    app.include_router(shared)
    app.mount("/static", CachedStaticFiles(directory=FOLDER), name="static")
    chat.register()
    settings.register()
    admin.register()
    guard_sockets()
    keep_signatures()
    add_shared_head()
    nicegui_app.on_delete(closed.page)
    # NiceGUI's own page for unknown paths builds a live client for each of them.
    nicegui_app.add_exception_handler(404, _not_found)
    # The page's `lang` is ours, ko or en; Quasar would write its own there.
    nicegui_app.config.quasar_config["lang"] = {"noHtmlAttrs": True}
    ui.run_with(
        app,
        title=TITLE,
        viewport=VIEWPORT,
        favicon=FOLDER / "favicon.svg",
        dark=False,
        language=None,
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT_SECONDS,
        gzip_middleware_factory=None,
        tailwind=False,
        storage_secret=storage_secret,
        show_welcome_message=False,
    )


def _forget_earlier_application() -> None:
    """NiceGUI's application is one per process; tests mount it into several, one after the other."""
    nicegui_app.middleware_stack = None
    nicegui_app.user_middleware.clear()
    Client.shared_head_html = Client.shared_body_html = ""
