"""Plain HTML pages: what anonymous visitors see, and what needs no live connection."""

from pathlib import Path
from typing import Any

from fastapi.templating import Jinja2Templates
from starlette.requests import Request
from starlette.responses import Response

from app.errors import AppError
from ui.feedback import words_for
from ui.i18n import LANGUAGES, keep_language, translator_of
from ui.static_files import PLAIN_STYLES, static_url
from ui.theme import THEMES, app_links, theme_of

_TEMPLATES = Jinja2Templates(Path(__file__).parent / "templates")
_STYLES = [static_url(name) for name in PLAIN_STYLES]
_SCRIPTS = [static_url("theme.js"), static_url("password.js"), static_url("install.js")]
_FAVICON = static_url("favicon.svg")
_APP_LINKS = app_links()


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A template in the visitor's language and theme."""
    t = translator_of(request)
    context = {"t": t, "languages": LANGUAGES, "theme": theme_of(request), "themes": THEMES}
    files = {"styles": _STYLES, "scripts": _SCRIPTS, "favicon": _FAVICON, "app_links": _APP_LINKS}
    response = _TEMPLATES.TemplateResponse(request, template, context | files | values, status_code=status)
    keep_language(request, response)
    return response


def not_found(request: Request) -> Response:
    """A friendly page with the way home."""
    return page(request, "not_found.html", 404)


def unavailable(request: Request, error: AppError) -> Response:
    """What cannot be shown now, in words; the page tries again by itself."""
    seconds = error.retry_after or 5
    words = words_for(translator_of(request), error)
    response = page(request, "unavailable.html", error.status, words=words, seconds=seconds)
    response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response
