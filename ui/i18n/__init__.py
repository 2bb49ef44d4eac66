"""Texts in the languages of the page."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.language import COOKIE
from app.language import LANGUAGES as LANGUAGES
from app.language import Language as Language
from app.language import language_of as language_of
from app.language import preferred as preferred
from ui.i18n.en import TEXTS as EN
from ui.i18n.ko import TEXTS as KO

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


def translator_of(request: Request) -> Translator:
    """The texts for this request."""
    return Translator(language_of(request))


def keep_language(request: Request, response: Response) -> None:
    """Remember a language chosen by `?lang=`."""
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, language_of(request), max_age=YEAR, path="/", samesite="lax")
