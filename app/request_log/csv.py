"""Usage for spreadsheets."""

from collections.abc import Mapping, Sequence

from app import spreadsheet
from app.request_log.schemas import UsageView


def as_csv(items: Sequence[UsageView], names: Mapping[str, str]) -> str:
    """`names` are addresses by id."""
    rows = []
    for item in items:
        key = item.key or ""
        figures = [getattr(item, field) for field in UsageView.model_fields if field != "key"]
        rows.append([names.get(key, key), key, *figures])
    return spreadsheet.as_csv(["name", *UsageView.model_fields], rows)
