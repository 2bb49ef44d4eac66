"""What an answer took: one line in small type, and the details on request."""

from typing import Any

from nicegui import ui

from ui.components.state_words import cached_percent
from ui.elements import text
from ui.i18n import Translator


def duration(t: Translator, milliseconds: float | None) -> str:
    """Short times in milliseconds, longer ones in seconds."""
    if milliseconds is None:
        return "–"
    if milliseconds < 1000:
        return t("milliseconds", value=round(milliseconds))
    return t("seconds", value=f"{milliseconds / 1000:.1f}")


def receipt_line(t: Translator, receipt: dict[str, Any]) -> str:
    """Time to first token, speed and length."""
    tokens = f"{receipt['usage']['completion_tokens']:,}"
    timing = receipt["timing"]
    if not timing["ttft_ms"] or not timing["tokens_per_second"]:
        return t("receipt_line_short", tokens=tokens)
    rate = f"{timing['tokens_per_second']:,.0f}"
    return t("receipt_line", ttft=duration(t, timing["ttft_ms"]), rate=rate, tokens=tokens)


def receipt_rows(t: Translator, receipt: dict[str, Any]) -> list[tuple[str, str]]:
    """Everything the receipt holds, in words."""
    usage, timing = receipt["usage"], receipt["timing"]
    rate = timing["tokens_per_second"]
    percent = cached_percent(usage["cached_tokens"], usage["prompt_tokens"])
    rows = [
        (t("receipt_ttft"), duration(t, timing["ttft_ms"])),
        (t("receipt_rate"), t("receipt_rate_value", rate=f"{rate:,.1f}") if rate else "–"),
        (t("receipt_prompt"), f"{usage['prompt_tokens']:,}"),
        (t("receipt_cached"), t("receipt_cached_value", tokens=f"{usage['cached_tokens']:,}", percent=percent)),
        (t("receipt_output"), f"{usage['completion_tokens']:,}"),
        (t("receipt_queue"), duration(t, timing["queue_ms"])),
        (t("receipt_total"), duration(t, timing["total_ms"])),
    ]
    if preemptions := usage.get("preemptions"):
        rows.append((t("receipt_preemptions"), f"{preemptions:,}"))
    rows.append((t("receipt_finish"), t(f"finish_{receipt['finish_reason'] or 'none'}")))
    return rows


def receipt_details(t: Translator, receipt: dict[str, Any]) -> ui.element:
    """A description list."""
    with ui.element("dl").classes("receipt") as details:
        for name, value in receipt_rows(t, receipt):
            with ui.element("div"):
                text(name, tag="dt")
                text(value, tag="dd")
    return details
