"""Days and times as they are written in the language of the page. Numbers are written alike in both."""

from datetime import datetime

from ui.i18n import Language


def day_words(language: Language, at: datetime) -> str:
    """“Nov 5, 2026” or “2026. 11. 5.”; `at` is in the reader's time zone already."""
    if language == "ko":
        return f"{at.year}. {at.month}. {at.day}."
    # English names of months, whatever the locale of the server is.
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{months[at.month - 1]} {at.day}, {at.year}"


def moment_words(language: Language, at: datetime) -> str:
    """The day with hours and minutes."""
    separator = " " if language == "ko" else ", "
    return f"{day_words(language, at)}{separator}{at:%H:%M}"
