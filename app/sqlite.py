"""SQLite as the database: one file, one writer at a time, readers beside it."""

import sqlite3
from collections import deque
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util.concurrency import in_greenlet

READING = "vllm_chat_reading"
# Another process may be writing, a command beside the server: how long SQLite waits for it.
BUSY_SECONDS = 5


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """Runs a statement and takes its rows in one visit to the connection's thread; the first begins the transaction.

    SQLAlchemy's own goes there for the beginning, the cursor, the statement, the rows and the end, and after each the
    transaction waits for a turn of the event loop: with a hundred streams a turn is long, and so was the writers'
    queue.
    """

    def execute(self, operation: Any, parameters: Any = None) -> None:
        """As DB-API says."""
        self._run(methodcaller("execute", operation, () if parameters is None else parameters))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        """As DB-API says."""
        self._run(methodcaller("executemany", operation, seq_of_parameters))

    def _run(self, statement: Any) -> None:
        connection: Any = self._adapt_connection
        begins, connection.begins = connection.begins, False
        try:
            done = self.await_(self._connection._execute(partial(_visit, self._connection, statement, begins)))
        except ValueError as error:  # the connection is closed
            self._adapt_connection._handle_exception(error)
        self.description, rows, self.lastrowid, self.rowcount = done
        self._rows = deque(rows)


class Connection(AsyncAdapt_aiosqlite_connection):
    """A connection with such cursors. Where nothing has begun, nothing is ended. A cancelled statement, which may begin
    something later, never comes to its end: its connection is thrown away."""

    __slots__ = ("begins",)

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self.begins = False  # a transaction, with the next statement

    def cursor(self, server_side: bool = False) -> AsyncAdapt_aiosqlite_cursor:
        """A stream of rows goes to the thread for each part of them; it is for those who only read."""
        assert not (server_side and self.begins)
        return super().cursor(server_side=True) if server_side else Cursor(self)

    def commit(self) -> None:
        """Keep what was written."""
        if self._has_begun():
            super().commit()

    def rollback(self) -> None:
        """Undo it."""
        if self._has_begun():
            super().rollback()

    def _has_begun(self) -> bool:
        self.begins = False
        return bool(self._connection.in_transaction)


def _visit(connection: Any, statement: Any, begins: bool) -> tuple[Any, list[Any], int | None, int]:
    cursor: sqlite3.Cursor = connection._conn.cursor()
    try:
        if begins:
            # Deferred transactions that read first and write later end in "database is locked"; these wait instead.
            cursor.execute("BEGIN IMMEDIATE")
        statement(cursor)
        if cursor.description:
            return cursor.description, cursor.fetchall(), -1, -1
        return None, [], cursor.lastrowid, cursor.rowcount
    finally:
        cursor.close()


def create_sqlite(url: str) -> AsyncEngine:
    """The engine of a SQLite file; its folder is made."""
    if path := make_url(url).database:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine.sync_engine, "do_connect", _do_connect)
    event.listen(engine.sync_engine, "connect", _connect)
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "invalidate", _invalidate)
    return engine


def _do_connect(dialect: Dialect, _record: object, args: Any, options: Any) -> Connection:
    adapted: Any = dialect.connect(*args, **options)
    return Connection(adapted.dbapi, adapted.driver_connection)


def _connect(connection: Any, _record: object) -> None:
    # The driver's own transaction control would begin deferred; we begin ourselves, with the first statement.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _invalidate(connection: Any, _record: object, _error: BaseException | None) -> None:
    # A task was cancelled in its transaction. SQLite closes only when no cursor is left, and the cancelled task's lives
    # until it is collected: without this it would keep every other writer out.
    if in_greenlet():
        AsyncAdapt_aiosqlite_connection.rollback(connection)


def _begin(connection: Any) -> None:
    # Each statement of those who only read sees what is stored at its time, as on PostgreSQL.
    connection.connection.dbapi_connection.begins = not connection.get_execution_options().get(READING, False)
