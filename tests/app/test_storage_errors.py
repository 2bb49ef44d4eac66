"""What the databases say when they are away or full, and what is a bug of ours."""

import asyncpg.exceptions as pg  # type: ignore[import-untyped]
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.storage_errors import as_unavailable


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (pg.DiskFullError("could not extend file"), "storage_full"),
        (pg.CannotConnectNowError("the database system is starting up"), "storage_unavailable"),
        (pg.AdminShutdownError("terminating connection"), "storage_unavailable"),
        (pg.TooManyConnectionsError("sorry, too many clients already"), "storage_unavailable"),
        (pg.ConnectionDoesNotExistError("closed in the middle of operation"), "storage_unavailable"),
        (pg.OutOfMemoryError("out of memory"), "storage_unavailable"),
        (pg.UniqueViolationError("duplicate key"), None),
        (pg.UndefinedColumnError("no such column"), None),
    ],
)
def test_postgresql(error: pg.PostgresError, code: str | None) -> None:
    for raised in (error, DBAPIError("SELECT 1", None, error)):  # while it connects, and inside a statement
        found = as_unavailable(raised)
        assert (found.code if found else None) == code


def test_the_network() -> None:
    for error in (ConnectionRefusedError(), TimeoutError(), OSError("No route to host")):
        found = as_unavailable(error)
        assert found is not None
        assert (found.status, found.code, found.retry_after) == (503, "storage_unavailable", 5)
    assert as_unavailable(IntegrityError("INSERT", None, ValueError())) is None
    assert as_unavailable(KeyError("a bug")) is None
