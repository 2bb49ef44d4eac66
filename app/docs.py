"""`/docs`: Swagger UI from our own server. FastAPI's stock page loads it from a CDN, which our CSP forbids and
which a network without the internet does not have."""

from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

ASSETS = "/docs-assets"
_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "object"}}}
_WORDS = {
    400: "The request makes no sense, or asks for what is not allowed",
    401: "No valid token, key or session",
    403: "The role or the scopes of the key do not allow it, or it comes from another site",
    404: "Unknown, or somebody else's",
    409: "The state does not allow it",
    410: "It is no longer kept",
    413: "The body or the message is too large",
    422: "The input is wrong",
    429: "A limit is reached; Retry-After says when it frees",
    503: "The queue, the engine or the storage cannot serve now; Retry-After says when to come again",
}
# What any route may answer. The shapes: `app.http`.
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": {"application/json": {"schema": _ERROR}}}
    for status, words in _WORDS.items()
}


def install_docs(app: FastAPI) -> None:
    """Add the page and its files; who may see them is the guard's business."""
    app.mount(ASSETS, StaticFiles(directory=str(files("fastapi_offline") / "static")), name="docs-assets")

    async def docs() -> HTMLResponse:
        """The API, to read and to try."""
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=f"{app.title} API",
            swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}/swagger-ui.css",
            swagger_favicon_url="/static/favicon.svg",
        )

    app.add_api_route("/docs", docs, include_in_schema=False)
