"""Errors in words: the one place where the page says what went wrong."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.conversations.schemas import MAX_MESSAGE_CHARS
from app.errors import AppError, Invalid
from ui.i18n import Translator

MAX_TITLE_CHARS = 200

# What to say when an error of this code comes without its figures.
_WITHOUT_FIGURES = {
    "weak_password": "error_weak_password_common",
    "context_length_exceeded": "error_context_length_exceeded_unknown",
    "too_many_generations": "error_rate_limited",
    "tokens_per_minute": "error_rate_limited",
    "tokens_per_day": "error_rate_limited",
    "model_not_found": "error_not_found",
    "model_unavailable": "error_unavailable",
}
_BY_STATUS = {
    401: "error_unauthorized",
    403: "error_forbidden",
    404: "error_not_found",
    409: "error_conflict",
    410: "error_events_expired",
    413: "error_too_large",
    422: "error_invalid_request",
    429: "error_rate_limited",
    503: "error_unavailable",
}


def words_for(t: Translator, error: AppError) -> str:
    """An error as a person reads it."""
    return _with_wait(t, reason_for(t, error), error.retry_after)


def reason_for(t: Translator, error: AppError) -> str:
    """The same without how long to wait, for whoever counts that down."""
    return _words(t, error.code, error.params, _BY_STATUS.get(error.status, "error_internal_error"))


def words_for_event(t: Translator, data: Mapping[str, Any]) -> str:
    """The `error` event of a generation as a person reads it."""
    words = _words(t, str(data["code"]), data.get("params") or {}, "error_internal_error")
    return _with_wait(t, words, data.get("retry_after"))


def _with_wait(t: Translator, words: str, seconds: int | None) -> str:
    return f"{words} {t('retry_after', seconds=seconds)}" if seconds else words


def _words(t: Translator, code: str, params: Mapping[str, Any], fallback: str) -> str:
    key = f"error_{code}" if f"error_{code}" in t else fallback
    figures = {name: f"{value:,}" if isinstance(value, int) else value for name, value in params.items()}
    try:
        return t(key, **figures) if figures or "{" not in t(key) else t(_WITHOUT_FIGURES[code])
    except KeyError:
        return t(_WITHOUT_FIGURES.get(code, fallback))


def invalid_message(error: ValidationError) -> Invalid:
    """What is wrong with a message that the schema refuses."""
    first = error.errors()[0]
    if first["type"] == "string_too_long":
        return Invalid("too long", code="message_too_long", max=MAX_MESSAGE_CHARS)
    if "empty" in first["msg"]:
        return Invalid("empty", code="message_empty")
    return Invalid("unprintable", code="message_unprintable")
