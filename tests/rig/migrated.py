"""Databases with all tables and no row: the migrations run once, what a thousand tests begin with are copies."""

import asyncio
import tempfile
from functools import cache
from pathlib import Path

from app.backups.creating import sqlite_path
from app.config import Settings
from app.migrate import migrate

TEMPLATE = "migrated"


@cache
def whole_sqlite() -> bytes:
    """What is in such a file."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), auth={"secret": "s" * 40})
        migrate(settings)
        return sqlite_path(settings).read_bytes()


def migrate_postgres(url: str) -> None:
    """As a server does at its start."""
    migrate(Settings(_env_file=None, database={"url": url}, auth={"secret": "s" * 40}))


def _migrated(settings: Settings) -> None:
    if settings.database.url is None and not sqlite_path(settings).exists():
        sqlite_path(settings).parent.mkdir(parents=True, exist_ok=True)
        sqlite_path(settings).write_bytes(whole_sqlite())
    else:
        migrate(settings)


async def migrated(settings: Settings) -> Settings:
    """The settings, after their database has all tables."""
    await asyncio.to_thread(_migrated, settings)
    return settings
