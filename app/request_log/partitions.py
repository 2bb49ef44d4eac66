"""One partition a month on PostgreSQL, so that old months go by dropping a table. SQLite has a plain table."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

NAME = re.compile(r"request_logs_(\d{4})_(\d{2})|request_logs_default")
MONTHS_AHEAD = 2
# Any number, the same in all processes: only one at a time makes or drops partitions.
LOCK = 4_711_001
# Behind a long query nobody shall wait for us; the next round tries again.
LOCK_TIMEOUT = "2s"


def is_partition(table: str | None) -> bool:
    """Whether a table of the database is one of ours that no model describes."""
    return NAME.fullmatch(table or "") is not None


def month_after(month: datetime) -> datetime:
    """The first moment of the following month."""
    return datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)


async def create_ahead(db: AsyncSession, at: datetime) -> None:
    """Partitions of this month and the next ones. Rows that came before their partition move into it."""
    if not await _begin(db):
        return
    known = set(await _names(db))
    month = datetime(at.year, at.month, 1, tzinfo=UTC)
    for _ in range(MONTHS_AHEAD + 1):
        name, following = f"request_logs_{month:%Y_%m}", month_after(month)
        if name not in known:
            bounds = f"FROM ('{month.isoformat()}') TO ('{following.isoformat()}')"
            # Attaching, other than `CREATE TABLE … PARTITION OF`, lets others go on reading and writing the rest.
            await db.execute(text(f"CREATE TABLE {name} (LIKE request_logs INCLUDING DEFAULTS)"))
            await db.execute(text("LOCK TABLE request_logs_default IN ACCESS EXCLUSIVE MODE"))
            moved = f"DELETE FROM request_logs_default WHERE at >= '{month}' AND at < '{following}' RETURNING *"  # noqa: S608
            await db.execute(text(f"WITH moved AS ({moved}) INSERT INTO {name} SELECT * FROM moved"))  # noqa: S608
            await db.execute(text(f"ALTER TABLE request_logs ATTACH PARTITION {name} FOR VALUES {bounds}"))
        month = following


async def drop_before(db: AsyncSession, cutoff: datetime) -> list[str]:
    """Drop the partitions whose rows are all older; tells their names."""
    if not await _begin(db):
        return []
    dropped = [name for name, end in _ends(await _names(db)) if end <= cutoff]
    for name in dropped:
        await db.execute(text(f"DROP TABLE {name}"))
    return dropped


def _ends(names: list[str]) -> Iterator[tuple[str, datetime]]:
    for name in names:
        match = NAME.fullmatch(name)
        if match is not None and match[1]:
            yield name, month_after(datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC))


async def _begin(db: AsyncSession) -> bool:
    if db.get_bind().dialect.name != "postgresql":
        return False
    await db.execute(text("SELECT set_config('lock_timeout', :longest, true)"), {"longest": LOCK_TIMEOUT})
    await db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    return True


async def _names(db: AsyncSession) -> list[str]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'request_logs'::regclass"
    return sorted(await db.scalars(text(query)))
