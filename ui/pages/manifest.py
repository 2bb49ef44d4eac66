"""What makes the page an application of its own on a phone or a desktop. Nothing of it is private."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from ui.i18n import translator_of
from ui.static_files import static_url

PATH = "/manifest.webmanifest"
# As in tokens.css: the page behind the icon while it starts.
BACKGROUND = "#ffffff"
ACCENT = "#0f766e"
ICONS = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-maskable-512.png", 512, "maskable"))

router = APIRouter(include_in_schema=False)


@router.get(PATH)
async def manifest(request: Request) -> Response:
    """In the visitor's language."""
    t = translator_of(request)
    content: dict[str, Any] = {
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "lang": t.language,
        "name": t("app_title"),
        "short_name": t("app_name"),
        "description": t("app_description"),
        "background_color": BACKGROUND,
        "theme_color": ACCENT,
        "icons": [
            {"src": static_url(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in ICONS
        ],
        "shortcuts": [{"name": t("new_chat"), "url": "/"}, {"name": t("settings"), "url": "/settings"}],
    }
    headers = {"Cache-Control": "private, max-age=300", "Vary": "Accept-Language, Cookie"}
    return JSONResponse(content, headers=headers, media_type="application/manifest+json")
