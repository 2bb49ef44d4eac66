"""Puts a backup in the place of what is there. Everything is checked before anything is touched."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from app import schema, tables
from app.backups import archive, postgres, sqlite
from app.backups.creating import SUFFIX, create, kept_files, kind_of, sqlite_path, stamp
from app.backups.manifest import DATABASE, BackupError, Manifest
from app.config import Settings
from app.db import APPLICATION, Database, now
from app.instance import hold

SERVERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name"
    " AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where what was there before is kept; None when there was nothing."""

    manifest: Manifest
    aside: Path | None


def restore(settings: Settings, file: Path, *, force: bool) -> Restored:
    """Check `file` and put it in place. `force`: also where there is data already, which is kept aside. Blocking.

    Raises BackupError, DataInUse, Unavailable, OSError.
    """
    with hold(settings.data_dir, alone=True):
        work = settings.data_dir / ".restoring"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        try:
            manifest = archive.unpack(file, work)
            _check(settings, manifest, work)
            occupied = _occupied(settings)
            if occupied and not force:
                raise BackupError(f"There is data already: {occupied}. With --force it is kept aside and replaced.")
            aside = _save_database(settings) if occupied else None
            _put_in_place(settings, manifest, work, aside)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return Restored(manifest, aside)


def _check(settings: Settings, manifest: Manifest, work: Path) -> None:
    kind = kind_of(settings)
    if manifest.kind != kind:
        raise BackupError(
            f"The backup is of {manifest.kind}, but CHAT_DATABASE__URL means {kind}. Restore it to what it is of; "
            "`vllm-chat move-database` then moves SQLite to PostgreSQL."
        )
    if not schema.is_known(manifest.revision):
        raise BackupError(
            f"The backup has schema {manifest.revision} of version {manifest.version}; this version knows "
            f"{schema.newest()}. Restore it with the version that made it, or a newer one."
        )
    if kind == "sqlite" and sqlite.check(work / DATABASE, Event()) != manifest.revision:
        raise BackupError("The database in the backup does not have the schema that its manifest says.")


def _occupied(settings: Settings) -> str:
    """What would be replaced; empty when nothing would. Raises BackupError while a server uses the database."""
    if kind_of(settings) == "postgresql":
        if asyncio.run(_has_tables(settings)):
            return "the database of CHAT_DATABASE__URL has tables"
    elif sqlite_path(settings).exists():
        return str(sqlite_path(settings))
    return ", ".join(str(settings.data_dir / path) for path in kept_files(settings.data_dir))


async def _has_tables(settings: Settings) -> bool:
    db = Database(settings)
    try:
        async with db.reading() as session:
            if await session.scalar(text(SERVERS), {"name": APPLICATION}):
                raise BackupError("A server uses this database: stop it first.")
            connection = await session.connection()
            names = await connection.run_sync(lambda one: inspect(one).get_table_names())
    finally:
        await db.close()
    return bool({*names} & {*tables.NAMES})


def _save_database(settings: Settings) -> Path:
    aside = settings.data_dir / f"replaced-{stamp(now())}"
    aside.mkdir(mode=0o700)
    if kind_of(settings) == "postgresql":
        create(settings, aside / f"backup{SUFFIX}")
    else:
        path = sqlite_path(settings)
        for companion in sqlite.COMPANIONS:
            part = path.with_name(path.name + companion)
            if part.exists():
                shutil.move(part, aside / part.name)
    return aside


def _put_in_place(settings: Settings, manifest: Manifest, work: Path, aside: Path | None) -> None:
    if manifest.kind == "postgresql":
        postgres.load(make_url(settings.database_url), work / DATABASE, tables.NAMES)
    # With the journals of the servers: nothing of them goes on in the data that comes.
    for name in ("secret", "instances"):
        if aside is not None and (settings.data_dir / name).exists():
            shutil.move(settings.data_dir / name, aside / name)
    for part in manifest.parts:
        if part.name != DATABASE:
            target = settings.data_dir / part.name.removeprefix("files/")
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.move(work / part.name, target)
    if manifest.kind == "sqlite":
        path = sqlite_path(settings)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(work / DATABASE, path)
