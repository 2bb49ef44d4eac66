"""Usage for spreadsheets."""

import csv
import io
from collections.abc import Mapping, Sequence

from app.request_log.schemas import UsageView

# A cell that begins with one of these would be a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"  # without it Excel takes UTF-8 for something else


def as_csv(items: Sequence[UsageView], names: Mapping[str, str]) -> str:
    """`names` are addresses by id."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["name", *UsageView.model_fields])
    for item in items:
        key = item.key or ""
        figures = [getattr(item, field) for field in UsageView.model_fields if field != "key"]
        rows.writerow([_harmless(names.get(key, key)), _harmless(key), *figures])
    return BOM + out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
