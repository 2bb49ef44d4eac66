"""Backups and restores on both databases: whole, private, of one moment, and put in place only when nothing is lost."""

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import text

from app.backups import creating, sqlite
from app.backups.creating import create
from app.backups.manifest import BackupError, Stopped
from app.backups.restoring import restore
from app.config import Settings
from app.db import Database
from app.instance import DataInUse, hold
from app.migrate import migrate
from app.schema import newest, present
from tests.backups.conftest import Installation
from tests.rig.migrated import migrated


def test_there_and_back(installation: Installation, tmp_path: Path) -> None:
    settings, file = installation.settings, tmp_path / "a.tar.gz"
    secret = settings.secret()
    instance = settings.data_dir / "instances" / "0"
    instance.mkdir(parents=True)
    (instance / "id").write_text("before")
    (instance / "journal").mkdir()
    made = create(settings, file)
    assert (made.revision, made.kind) == (newest(), creating.kind_of(settings))
    assert [part.name for part in made.parts] == ["database", "files/instances/0/id", "files/secret"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []

    installation.add("lee@example.com")
    (settings.data_dir / "secret").write_text("another one")
    with pytest.raises(BackupError, match="--force"):
        restore(settings, file, force=False)
    assert installation.emails() == ["kim@example.com", "lee@example.com"]

    aside = restore(settings, file, force=True).aside
    assert installation.emails() == ["kim@example.com"]
    assert settings.secret() == secret
    assert (instance / "id").read_text() == "before"
    assert not (instance / "journal").exists()
    assert aside is not None
    assert (aside / "secret").read_text() == "another one"
    assert (aside / "instances" / "0" / "journal").is_dir()

    # What was kept aside is whole: it can be put back.
    if made.kind == "postgresql":
        restore(settings, aside / "backup.tar.gz", force=True)
    else:
        creating.sqlite_path(settings).unlink()
        (aside / creating.sqlite_path(settings).name).rename(creating.sqlite_path(settings))
    assert installation.emails() == ["kim@example.com", "lee@example.com"]


def test_into_an_empty_place(
    installation: Installation, make_settings: Callable[..., Settings], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    file = tmp_path / "a.tar.gz"
    kind = create(installation.settings, file).kind
    url = f"sqlite+aiosqlite:///{tmp_path}/new/new.db"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")()
    fresh = Installation(make_settings(database={"url": url}, data_dir=tmp_path / "elsewhere", auth={}))
    assert restore(fresh.settings, file, force=False).aside is None
    assert fresh.emails() == ["kim@example.com"]
    assert fresh.settings.secret() == installation.settings.secret()
    assert stat.S_IMODE((tmp_path / "elsewhere" / "secret").stat().st_mode) == 0o600


def test_a_name_that_is_taken(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "a.tar.gz"
    file.write_text("mine")
    with pytest.raises(BackupError, match="exists already"):
        create(installation.settings, file)
    assert file.read_text() == "mine"


def test_stopped(installation: Installation, tmp_path: Path) -> None:
    stopped = Event()
    stopped.set()
    with pytest.raises(Stopped):
        create(installation.settings, tmp_path / "a.tar.gz", stopped)
    assert not list(tmp_path.glob("*a.tar.gz*"))
    assert not (creating.folder(installation.settings) / ".working").exists()


def test_not_beside_a_server(installation: Installation, tmp_path: Path) -> None:
    settings, file = installation.settings, tmp_path / "a.tar.gz"
    with hold(settings.data_dir, alone=False):
        create(settings, file)
        with pytest.raises(DataInUse, match="stop it first"):
            restore(settings, file, force=True)
    with hold(settings.data_dir, alone=True), pytest.raises(DataInUse), hold(settings.data_dir, alone=False):
        pass


def test_sqlite_is_copied_as_it_was_at_one_moment(
    make_settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = Installation(make_settings(auth={}))
    migrate(writing.settings)
    writing.add(*(f"{number:04}@example.com" for number in range(300)))
    before = writing.emails()
    monkeypatch.setattr(sqlite, "PAGES", 8)
    steps = 0

    class BetweenTheSteps(Event):
        def is_set(self) -> bool:
            nonlocal steps
            if not creating.folder(writing.settings).joinpath(".working", "database").exists():
                return False
            steps += 1
            if steps <= 5:
                writing.add(f"a{steps}@example.com", f"b{steps}@example.com")
            return False

    create(writing.settings, tmp_path / "a.tar.gz", BetweenTheSteps())
    assert steps > 5
    assert len(writing.emails()) == len(before) + 10
    restore(writing.settings, tmp_path / "a.tar.gz", force=True)
    assert writing.emails() == before


def test_without_the_programs_of_postgresql(
    make_settings: Callable[..., Settings],
    postgres_url: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = make_settings(database={"url": postgres_url()})
    migrate(settings)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match=r"pg_dump.*postgresql-client"):
        create(settings, tmp_path / "a.tar.gz")


async def test_not_while_a_server_elsewhere_uses_the_database(
    make_settings: Callable[..., Settings], postgres_url: Callable[[], str], tmp_path: Path
) -> None:
    settings, file = await migrated(make_settings(database={"url": postgres_url()}, auth={})), tmp_path / "a.tar.gz"
    await asyncio.to_thread(create, settings, file)
    db = Database(settings)
    await db.ping()
    with pytest.raises(BackupError, match="A server uses this database"):
        await asyncio.to_thread(restore, settings, file, force=True)
    await db.close()
    await asyncio.to_thread(restore, settings, file, force=True)


async def test_what_postgresql_cannot_load_leaves_all_as_it_was(
    make_settings: Callable[..., Settings], postgres_url: Callable[[], str], tmp_path: Path
) -> None:
    settings, file = await migrated(make_settings(database={"url": postgres_url()}, auth={})), tmp_path / "a.tar.gz"
    settings.secret()
    db = Database(settings)
    async with db.transaction() as session:
        await session.execute(text("CREATE TABLE accounting (id int)"))
    await db.close()
    # The table of somebody else is in the backup, and in its way.
    await asyncio.to_thread(create, settings, file)
    with pytest.raises(BackupError, match=r"psql: .*accounting"):
        await asyncio.to_thread(restore, settings, file, force=True)
    assert await asyncio.to_thread(present, settings) == newest()
    assert (settings.data_dir / "secret").exists()


def test_an_empty_database(make_settings: Callable[..., Settings], empty_database_url: str, tmp_path: Path) -> None:
    settings = make_settings(database={"url": empty_database_url})
    with pytest.raises(BackupError, match=r"no database yet|is empty"):
        create(settings, tmp_path / "a.tar.gz")
    assert not (tmp_path / "test.db").exists()
