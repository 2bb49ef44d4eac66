"""Texts in the languages of the page, and which language a request gets."""

from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from ui.i18n.en import TEXTS as EN
from ui.i18n.ko import TEXTS as KO

Language = Literal["ko", "en"]
LANGUAGES: dict[Language, str] = {"ko": "한국어", "en": "English"}
COOKIE = "lang"
YEAR = 365 * 86400

_TEXTS: dict[Language, dict[str, str]] = {"ko": KO, "en": EN}


class Translator:
    """`t("key", name=value)` is the text in one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts = _TEXTS[language]

    def __call__(self, key: str, **values: Any) -> str:
        text = self._texts[key]
        return text.format(**values) if values else text

    def __contains__(self, key: str) -> bool:
        return key in self._texts


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


def translator_of(request: Request) -> Translator:
    """The texts for this request."""
    return Translator(language_of(request))


def keep_language(request: Request, response: Response) -> None:
    """Remember a language chosen by `?lang=`."""
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, language_of(request), max_age=YEAR, path="/", samesite="lax")
