"""One limit as a bar: how much of it is used, what running answers hold, and when it is free again."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from app.limits.schemas import LimitUse
from ui.elements import named, set_text, text
from ui.i18n import Translator

# From here on the time of day says more than the seconds.
SOON_SECONDS = 90
# From here on the bar warns.
NEARLY_FULL_PERCENT = 80


class UsageBar:
    """Its elements stay; `show` changes what they say."""

    def __init__(self, t: Translator, zone: ZoneInfo) -> None:
        self._t, self._zone = t, zone
        with ui.element("li"):
            with ui.element("div").classes("usage-head"):
                self._name = text("", tag="strong")
                self._figures = text("")
            with ui.element("div").classes("bar").props("role=meter aria-valuemin=0") as self._bar:
                self._part = ui.element("i")
            self._note = text("", tag="p")

    def show(self, use: LimitUse) -> None:
        """Bring it up to date."""
        t = self._t
        figures = t("usage_figures", used=f"{use.used:,}", limit=f"{use.limit:,}")
        percent = min(100, math.ceil(100 * use.used / use.limit))
        set_text(self._name, t(f"limit_{use.name}"))
        set_text(self._figures, figures)
        set_text(self._note, reset_words(t, use, self._zone))
        named(self._bar, t(f"limit_{use.name}"))
        self._bar.props.update(
            {"aria-valuemax": use.limit, "aria-valuenow": min(use.used, use.limit), "aria-valuetext": figures}
        )
        self._bar.props["data-level"] = "high" if percent >= NEARLY_FULL_PERCENT else "low"
        self._part.style(replace=f"width: {percent}%")


def reset_words(t: Translator, use: LimitUse, zone: ZoneInfo, now: datetime | None = None) -> str:
    """When it is free again, and what is only held."""
    if not use.used:
        return t("usage_nothing")
    held = f" {t('usage_held', tokens=f'{use.held:,}')}" if use.held else ""
    if use.resets_at is None:
        return t("usage_frees_by_itself") + held
    seconds = math.ceil((use.resets_at - (now or datetime.now(UTC))).total_seconds())
    if seconds <= SOON_SECONDS:
        return t("usage_frees_in", seconds=max(1, seconds)) + held
    key = "usage_resets_at" if use.name == "tokens_per_day" else "usage_frees_at"
    return t(key, time=use.resets_at.astimezone(zone).strftime("%H:%M")) + held
