"""Which errors of a database mean that it is away, or full: the rest are bugs."""

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.errors import Unavailable

RETRY_SECONDS = 5
# PostgreSQL's classes of SQLSTATE: connection lost, out of resources, a lock not to be had in time, operator
# intervention (it stops, is not up yet, or has ended a statement that took too long), system error.
AWAY = ("08", "53", "55P03", "57", "58")
DISK_FULL = "53100"


def as_unavailable(error: Exception) -> Unavailable | None:
    """What to tell of an error raised in a transaction; None when it is none of the storage's."""
    original = error.orig if isinstance(error, DBAPIError) else error
    # While it connects, the driver raises its own errors.
    state = str(getattr(original, "sqlstate", None) or "")
    if state == DISK_FULL or getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return storage_full()
    away = isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError) or state.startswith(AWAY)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return storage_unavailable() if away or lost else None


def storage_unavailable() -> Unavailable:
    """The 503 for a lost database."""
    return Unavailable(
        "The storage is unavailable right now. Please try again in a moment.",
        code="storage_unavailable",
        retry_after=RETRY_SECONDS,
    )


def storage_full() -> Unavailable:
    """The 503 for a disk without room: what is stored can be read, nothing can be added."""
    return Unavailable(
        "The storage is full, nothing new can be saved. What is stored can still be read.",
        code="storage_full",
        retry_after=60,
    )
