"""Which language a request gets: pages and mails follow it."""

from typing import Literal

from starlette.requests import Request

Language = Literal["ko", "en"]
LANGUAGES: dict[Language, str] = {"ko": "한국어", "en": "English"}
COOKIE = "lang"


def language_of(request: Request) -> Language:
    """The one asked for, else the one kept, else the browser's."""
    for choice in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if choice in LANGUAGES:
            return choice
    return preferred(request.headers.get("accept-language", ""))


def preferred(header: str) -> Language:
    """The best known language of an Accept-Language header. Without one: Korean; only others: English."""
    ranked: list[tuple[float, int, str]] = []
    for index, item in enumerate(header.split(",")[:20]):
        tag, _, weight = item.strip().partition(";q=")
        try:
            ranked.append((-float(weight or 1), index, tag.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    for _, _, tag in sorted(ranked):
        if tag in LANGUAGES:
            return tag
    return "en" if header.strip() else "ko"
