"""The conversations as links, newest first, grouped by when they were last used."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from app.conversations.schemas import ConversationView


def group_key(day: date, today: date) -> str:
    """The text key of the group that a day belongs to."""
    if day >= today:
        return "today"
    if day == today - timedelta(days=1):
        return "yesterday"
    return "week" if day > today - timedelta(days=8) else "older"


def grouped(
    items: Iterable[ConversationView], zone: ZoneInfo, now: datetime | None = None
) -> Iterator[tuple[str, list[ConversationView]]]:
    """Groups in order; the days are those of the reader's time zone."""
    today = (now or datetime.now(UTC)).astimezone(zone).date()
    for key, group in groupby(items, lambda item: group_key(item.updated_at.astimezone(zone).date(), today)):
        yield key, list(group)
