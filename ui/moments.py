"""Days and times as they are written in the language of the page. Numbers are written alike in both."""

from datetime import datetime

from ui.i18n import Translator


def day_words(t: Translator, at: datetime) -> str:
    """“Nov 5, 2026”; `at` is in the reader's time zone already."""
    return t("date", year=at.year, month=t("months").split()[at.month - 1], day=at.day)


def moment_words(t: Translator, at: datetime) -> str:
    """The day with hours and minutes."""
    return f"{day_words(t, at)} {at:%H:%M}"
