"""What is happening to an answer, in words: waiting, reading, writing, coming back, ended."""

from typing import Any

from ui.i18n import Translator

# Shorter waits are over before they are read.
WORTH_TELLING_MS = 1_000


def queue_words(t: Translator, queued: dict[str, Any], *, known: bool) -> str:
    """The `queued` event; `known` is whether there is a model already."""
    place, eta = queued["position"], queued.get("eta_ms")
    if not place:
        return t("state_reading" if known else "state_waiting")
    if queued.get("paused"):
        return t("state_paused", place=place)
    if not eta:
        return t("state_queued", place=place)
    return t("state_queued_eta", place=place, seconds=_seconds(eta))


def reading_words(t: Translator, started: dict[str, Any]) -> str:
    """The `started` event. The prediction counts from acceptance, the reader from now."""
    tokens = f"{started['prompt_tokens']:,}"
    rest = (started.get("predicted_ttft_ms") or 0) - started["queue_ms"]
    if rest <= WORTH_TELLING_MS:
        return t("state_reading_tokens", tokens=tokens)
    return t("state_reading_eta", tokens=tokens, seconds=_seconds(rest))


def writing_words(t: Translator, cached_tokens: int, prompt_tokens: int) -> str:
    """The `prefilled` event: how much of the prompt did not have to be read again."""
    share = cached_percent(cached_tokens, prompt_tokens)
    return t("state_writing_cached", percent=share) if share else t("state_writing")


def resuming_words(t: Translator, resuming: dict[str, Any]) -> str:
    """The `resuming` event: the engine or the whole server was lost."""
    key = f"state_resuming_{'server' if resuming.get('reason') == 'server' else 'engine'}"
    eta = resuming.get("eta_ms")
    return t(f"{key}_eta", seconds=_seconds(eta)) if eta else t(key)


def ending_note(t: Translator, finish_reason: str | None, *, empty: bool) -> str:
    """What to say below an answer that did not end by itself."""
    if finish_reason in ("cancelled", "length"):
        return t(f"note_{finish_reason}")
    return t("note_empty") if empty else ""


def cached_percent(cached_tokens: int, prompt_tokens: int) -> int:
    """Rounded down: 100 only when it is all of it."""
    return 100 * cached_tokens // prompt_tokens if prompt_tokens else 0


def _seconds(milliseconds: float) -> int:
    return max(1, round(milliseconds / 1000))
