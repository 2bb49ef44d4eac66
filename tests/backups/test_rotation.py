"""Backups that are made by themselves, and databases that this version must not touch."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import schema
from app.backups import archive, creating, rotation
from app.backups.manifest import Part
from app.backups.restoring import restore
from app.backups.rotation import SCHEDULED, ScheduledBackups
from app.config import Settings
from app.migrate import downgrade, migrate
from tests.backups.conftest import Installation, in_database

EVERY_HOUR = {"every_hours": 1, "keep": 2}


def made(settings: Settings, what: str) -> list[str]:
    return sorted(path.name for path in creating.folder(settings).glob(f"{what}-*"))


def test_before_the_schema_changes(installation: Installation) -> None:
    settings = installation.settings
    assert made(settings, "before") == []
    downgrade(settings, "0011")
    migrate(settings)
    (name,) = made(settings, "before")
    assert name.startswith("before-0011-")
    installation.add("lee@example.com")
    restore(settings, creating.folder(settings) / name, force=True)
    assert schema.present(settings) == "0011"
    assert installation.emails() == ["kim@example.com"]
    migrate(settings)
    assert schema.present(settings) == schema.newest()


def test_not_before_the_schema_changes(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(backup={"before_migration": False})
    migrate(settings, "0011")
    migrate(settings)
    assert made(settings, "before") == []


def test_postgresql_is_migrated_without_pg_dump(
    make_settings: Callable[..., Settings],
    postgres_url: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = make_settings(database={"url": postgres_url()})
    migrate(settings, "0011")
    monkeypatch.setenv("PATH", str(tmp_path))
    migrate(settings)
    assert schema.present(settings) == schema.newest()


def test_a_schema_of_a_newer_version(installation: Installation) -> None:
    async def from_the_future(session: AsyncSession) -> None:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    in_database(installation.settings, from_the_future)
    with pytest.raises(schema.SchemaTooNew, match="9999"):
        migrate(installation.settings)
    assert schema.present(installation.settings) == "9999"


async def test_scheduled(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(backup=EVERY_HOUR)
    await asyncio.to_thread(migrate, settings)
    folder = creating.folder(settings)
    folder.mkdir()
    for number, hours in enumerate((3, 2)):
        old = folder / f"scheduled-2026010{number}T000000Z.tar.gz"
        old.touch()
        written = old.stat().st_mtime - hours * 3600
        os.utime(old, (written, written))
    mine = folder / "backup-20250101T000000Z.tar.gz"
    mine.touch()
    task = asyncio.create_task(ScheduledBackups(settings).run())
    async with asyncio.timeout(30):
        while "scheduled-20260100T000000Z.tar.gz" in made(settings, SCHEDULED):
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    older, newest = made(settings, SCHEDULED)
    assert older == "scheduled-20260101T000000Z.tar.gz"
    assert (folder / newest).stat().st_size > 1000
    assert mine.exists()


async def test_the_loop_goes_on_and_the_end_does_not_wait(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(backup=EVERY_HOUR)
    await asyncio.to_thread(migrate, settings)
    loop, inside = asyncio.get_running_loop(), asyncio.Event()
    describe = archive.describe

    def slowly(name: str, path: Path, stopped: Event) -> Part:
        # Without an end of its own: the thread waits for the loop, which therefore must go on, to stop it.
        loop.call_soon_threadsafe(inside.set)
        assert stopped.wait(30)
        return describe(name, path, stopped)

    monkeypatch.setattr(archive, "describe", slowly)
    task = asyncio.create_task(ScheduledBackups(settings).run())
    async with asyncio.timeout(30):
        await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await loop.shutdown_default_executor()
    assert made(settings, SCHEDULED) == []
    assert not (creating.folder(settings) / ".working").exists()


async def test_one_that_fails_is_tried_again(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    def figure(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    settings, before = make_settings(backup=EVERY_HOUR), figure("chat_backup_failures_total")
    monkeypatch.setattr(rotation, "RETRY_SECONDS", 0.05)
    backups = ScheduledBackups(settings)
    task = asyncio.create_task(backups.run())

    async def until(happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not happened():
                await asyncio.sleep(0.05)

    # Without a database there is nothing to save.
    await until(lambda: backups.failure is not None)
    assert "There is no database yet" in str(backups.failure)
    assert figure("chat_backup_failures_total") > before
    assert figure("chat_backup_due_timestamp_seconds", kind="scheduled") <= time.time()
    await asyncio.to_thread(migrate, settings)
    await until(lambda: backups.last is not None and backups.failure is None)
    (name,) = made(settings, SCHEDULED)
    written = (creating.folder(settings) / name).stat().st_mtime
    assert figure("chat_backup_last_success_timestamp_seconds", kind="scheduled") == written
    assert figure("chat_backup_due_timestamp_seconds", kind="scheduled") == written + 3600
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
