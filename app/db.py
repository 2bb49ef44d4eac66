"""The database: SQLite or PostgreSQL, one short transaction per service call."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

import structlog
from sqlalchemy import DateTime, Dialect, FromClause, Insert, MetaData, Table, insert, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator

from app.config import Settings
from app.setting_groups import DatabaseSettings
from app.sqlite import READING, create_sqlite
from app.storage_errors import as_unavailable

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# PostgreSQL may hang. How long to wait for a connection that works (asked, or made anew), in seconds; letting go of a
# connection that hangs takes the driver two more.
CONNECT_SECONDS = 2.0
PATIENT_CONNECT_SECONDS = 30.0
REACH_SECONDS = 3.0
LATER_SECONDS = 0.5
# A PostgreSQL that is being started again is waited for: nobody need know.
RESTART_SECONDS = 1.5
RESTART_PAUSE_SECONDS = 0.1
# SQLite has one writer at a time: how long the others of this process wait for their turn, in the order they came.
TURN_SECONDS = 30.0
# How long `close` waits for transactions that were cut short.
CLOSE_SECONDS = 10.0
# For a change of rows that the session has not read: nothing in it has to be brought up to date.
ROWS_ONLY = {"synchronize_session": False}
# How PostgreSQL lists our connections.
APPLICATION = "vllm-chat"


log = structlog.get_logger(__name__)


class Base(DeclarativeBase):
    """All tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on both databases; SQLite alone would return it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """With its zone."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562, section 5.7): ordered by time, so indexes grow at one end."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (7 << 76)
    value = value & ~(0x3 << 62) | (2 << 62)
    return UUID(int=value)


class Database:
    """Engine and session factory. `patient`: statements may take as long as they need, as migrations do."""

    def __init__(self, settings: Settings, *, patient: bool = False) -> None:
        self.url = make_url(settings.database_url)
        self._sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = (
            create_sqlite(settings.database_url) if self._sqlite else _create_postgresql(settings.database, patient)
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._open = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._writer = asyncio.Lock()
        self._queue = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One short transaction: commits at the end, rolls back on any error.

        Raises Unavailable when the database cannot be reached, so that it is never mistaken for "no such user", or is
        full.
        """
        async with self._transaction({}, RESTART_SECONDS) as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """As `transaction`, for statements that change nothing: on SQLite they do not wait for writers."""
        async with self._transaction({READING: True}, RESTART_SECONDS) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, options: dict[str, Any], patience: float) -> AsyncIterator[AsyncSession]:
        self._open += 1
        self._idle.clear()
        try:
            async with self._turn(options), self._sessions.begin() as session:
                # A writer of SQLite waits for one of another process.
                async with asyncio.timeout(None if self._sqlite else REACH_SECONDS):
                    await self._connect(session, options, patience)
                yield session
        except Exception as error:
            if (unavailable := as_unavailable(error)) is None:
                raise
            raise unavailable from error
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    @asynccontextmanager
    async def _turn(self, options: dict[str, Any]) -> AsyncIterator[None]:
        # SQLite itself lets whoever asks at the right moment go first, and the unlucky fail after its busy time-out.
        if not self._sqlite or READING in options:
            yield
            return
        self._queue += 1
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._writer.acquire()
        finally:
            self._queue -= 1
        try:
            yield
        finally:
            self._writer.release()

    async def _connect(self, session: AsyncSession, options: dict[str, Any], patience: float) -> None:
        deadline = time.monotonic() + patience
        while True:
            try:
                await session.connection(execution_options=options)
                return
            except Exception as error:
                if self._sqlite or time.monotonic() > deadline or as_unavailable(error) is None:
                    raise
            await asyncio.sleep(RESTART_PAUSE_SECONDS)

    @property
    def one_writer(self) -> bool:
        """Transactions that write wait for each other: SQLite."""
        return self._sqlite

    @property
    def crowded(self) -> bool:
        """Writers wait for their turn: what can be written later should be."""
        return self._queue > 0

    async def ping(self) -> None:
        """Raises Unavailable when the database does not answer, at once when it is not there."""
        async with self._transaction({READING: True}, patience=0.0) as session:
            await session.execute(text("SELECT 1"))

    def connections(self) -> dict[str, int]:
        """How many are in use, and how many are open and wait to be."""
        pool = self.engine.pool
        assert isinstance(pool, QueuePool)
        return {"used": pool.checkedout(), "idle": pool.checkedin()}

    async def close(self) -> None:
        """Close all connections, after the transactions whose tasks have been cancelled.

        One that is cancelled again while it lets go of its connection, as the end of the event loop does, would wait
        for a thread of the driver that has ended.
        """
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            log.error("transactions were still open when the database closed", transactions=self._open)
        await self.engine.dispose()


async def insert_rows(db: AsyncSession, *rows: Base) -> None:
    """Insert new rows of one table, with the same fields set, in one statement. The session does not know them: what it
    would find out about each costs several times the statement, for every question."""
    await db.execute(_insert_into(rows[0].__table__), [_fields(row) for row in rows])


@cache
def _insert_into(table: FromClause) -> Insert:
    return insert(cast(Table, table))


def _fields(row: Base) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "_sa_instance_state"}


async def insert_new(db: AsyncSession, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert; rows that are there already stay as they are, so that writing them twice does no harm."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    await db.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def _create_postgresql(settings: DatabaseSettings, patient: bool) -> AsyncEngine:
    assert settings.url is not None
    # The server ends what takes long; the driver, what a server that hangs does not.
    limits = {
        "statement_timeout": "0" if patient else f"{settings.statement_seconds * 1000:.0f}",
        "lock_timeout": "0" if patient else f"{settings.lock_seconds * 1000:.0f}",
    }
    return create_async_engine(
        settings.url.get_secret_value(),
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_timeout=2,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "timeout": PATIENT_CONNECT_SECONDS if patient else CONNECT_SECONDS,
            "command_timeout": None if patient else settings.statement_seconds + LATER_SECONDS,
            "server_settings": {"application_name": APPLICATION} | limits,
        },
    )
