"""Our own static files, addressed by their content so that browsers keep them for ever."""

import hashlib
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
PLAIN_STYLES = ("tokens.css", "base.css", "icons.css", "forms.css")
PAGE_STYLES = (
    "layout.css",
    "sidebar.css",
    "organize.css",
    "dragging.css",
    "thread.css",
    "markdown.css",
    "settings.css",
    "writing.css",
    "share.css",
    "paper.css",
    "control.css",
    "control_icons.css",
    "composing.css",
    "reach.css",
    "admin.css",
    "administration.css",
    "glance.css",
    "announcements.css",
)
STYLES = (*PLAIN_STYLES, *PAGE_STYLES)
LIST_SCRIPTS = ("conversation_rows.js", "conversation_parts.js", "conversation_drag.js")
SCRIPTS = (
    "install.js",
    "clipboard.js",
    "shell.js",
    "attachments.js",
    "outbox.js",
    "speech.js",
    "diagrams.js",
    "carry.js",
    *LIST_SCRIPTS,
)
FOR_EVER = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"


def static_url(name: str) -> str:
    """The address of a static file, which changes when the file does."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


class CachedStaticFiles(StaticFiles):
    """Addresses with a version never change their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As Starlette, with a Cache-Control."""
        response = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=") and response.status_code in (200, 304)
        response.headers["Cache-Control"] = FOR_EVER if versioned else SHORT
        return response
