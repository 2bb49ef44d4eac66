"""The page that a browser shows when it cannot reach this server, and the service worker that keeps it there."""

import hashlib
import json

import nicegui
from fastapi import APIRouter, Request
from starlette.responses import Response

from ui.i18n import LANGUAGES, Translator
from ui.static_files import FOLDER, PLAIN_STYLES, static_url
from ui.templating import page

WORKER_PATH = "/service-worker.js"
PATH = "/offline"
STYLES = tuple(map(static_url, (*PLAIN_STYLES, "offline.css")))
SCRIPTS = tuple(map(static_url, ("theme.js", "offline.js")))
# It is kept with its headers, so there is no nonce in them.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get(PATH)
async def offline(request: Request) -> Response:
    """In both languages: which one is the reader's is found out where it is shown."""
    both = [Translator(language) for language in LANGUAGES]
    response = page(request, "offline.html", both=both, styles=STYLES, scripts=SCRIPTS)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _worker() -> bytes:
    source = (FOLDER / "service_worker.js").read_text()
    # By its style, without a version.
    files = [*STYLES, *SCRIPTS, static_url("favicon.svg"), "/static/favicon.svg"]
    texts = [Translator(language)(f"unreachable_{key}") for language in LANGUAGES for key in ("title", "text", "retry")]
    template = (FOLDER.parent / "templates" / "offline.html").read_text()
    every = sorted(static_url(path.name) for path in FOLDER.iterdir() if path.is_file())
    build = json.dumps([source, template, texts, every, nicegui.__version__])
    release = {"version": hashlib.sha256(build.encode()).hexdigest()[:12], "offline": PATH, "files": files}
    return f"const RELEASE = {json.dumps(release)};\n{source}".encode()


_WORKER = _worker()


@router.get(WORKER_PATH)
async def service_worker() -> Response:
    """Its text changes with every build, so browsers fetch a new one and drop what the old one kept."""
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": "default-src 'none'; connect-src 'self'"}
    return Response(_WORKER, headers=headers, media_type="text/javascript")
