"""The request log on PostgreSQL: a partition for each month."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.config import Settings
from app.db import Database
from app.request_log import partitions, repository
from tests.app.request_rows import database, row
from tests.app.serving import chat, serving


async def test_each_month_has_its_partition(
    make_settings: Callable[..., Settings], postgres_url: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the rows that came before it, and none is lost when two processes do it at once."""
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "30s")  # the disk of a busy machine may need some seconds
    async with database(make_settings, postgres_url()) as db:
        at = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
        early = [row(at), row(at + timedelta(minutes=2)), row(at + timedelta(days=400))]
        async with db.transaction() as session:
            await repository.add(session, early)
        assert await partition_sizes(db) == {"request_logs_default": 3}

        async def create() -> None:
            async with db.transaction() as session:
                await partitions.create_ahead(session, at)

        await asyncio.gather(create(), create())
        assert await partition_sizes(db) == {
            "request_logs_2026_11": 1,
            "request_logs_2026_12": 1,
            "request_logs_2027_01": 0,
            "request_logs_default": 1,
        }
        async with db.transaction() as session:
            await repository.add(session, [row(at + timedelta(days=40))])
            assert await partitions.drop_before(session, datetime(2026, 12, 31, tzinfo=UTC)) == ["request_logs_2026_11"]
        assert await partition_sizes(db) == {
            "request_logs_2026_12": 1,
            "request_logs_2027_01": 1,
            "request_logs_default": 1,
        }


async def partition_sizes(db: Database) -> dict[str, int]:
    async with db.reading() as session:
        query = text("SELECT tableoid::regclass::text FROM request_logs")
        used = list(await session.scalars(query))
        names = await session.scalars(
            text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'request_logs'::regclass")
        )
        return {name: used.count(name) for name in names}


async def test_the_service_makes_its_partitions_at_start(
    make_settings: Callable[..., Settings], postgres_url: Any
) -> None:
    async with serving(make_settings(database={"url": postgres_url()})) as served, served.client() as client:
        await chat(client)
        await served.services.request_log.batches.flush()
        assert (await partition_sizes(served.services.db))[f"request_logs_{datetime.now(UTC):%Y_%m}"] == 1


def test_months() -> None:
    assert partitions.month_after(datetime(2026, 12, 1, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert partitions.month_after(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(2026, 2, 1, tzinfo=UTC)
    assert partitions.is_partition("request_logs_2026_11")
    assert not partitions.is_partition("request_logs")
