"""Cursors of paged lists: the place of the last row shown, opaque to clients."""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

from app.errors import Invalid


def write_cursor(at: datetime, row_id: UUID) -> str:
    """The cursor that points behind this row."""
    return base64.urlsafe_b64encode(f"{at.astimezone(UTC).isoformat()} {row_id}".encode()).decode().rstrip("=")


def read_id_cursor(cursor: str | None) -> UUID | None:
    """The same for a list in the order of its ids, whose cursors are ids. Raises Invalid (`invalid_cursor`)."""
    try:
        return UUID(cursor) if cursor else None
    except ValueError as error:
        raise Invalid("cursor: not a cursor of this list.", code="invalid_cursor") from error


def read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The row behind which the next page starts. Raises Invalid (`invalid_cursor`)."""
    if cursor is None:
        return None
    try:
        at, row_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        return datetime.fromisoformat(at).astimezone(UTC), UUID(row_id)
    except (ValueError, binascii.Error, OverflowError) as error:
        raise Invalid("cursor: not a cursor of this list.", code="invalid_cursor") from error
