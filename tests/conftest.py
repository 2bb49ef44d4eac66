"""Fixtures of the whole suite."""

import asyncio
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest
from fastapi_users.password import PasswordHelper
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.backups.creating import kind_of, sqlite_path
from app.config import Settings
from app.migrate import migrate

# One user of a test sends what many people would.
RAISED = {
    "requests": "100000/minute",
    "anonymous": "100000/minute",
    "concurrent": 64,
    "tokens_per_minute": 10**9,
    "tokens_per_day": 10**9,
}

pytest_plugins = ["tests.rig.fixtures", "tests.rig.sharing"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database; every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    new_database: Callable[[], str] = request.getfixturevalue("postgres_url")
    return new_database()


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings that no environment variable touches; any field by keyword."""

    def make(**values: object) -> Settings:
        assert values.keys() <= Settings.model_fields.keys()
        given = {"data_dir": tmp_path / "data", "auth": {"secret": "s" * 40}} | values
        # Tests count what goes to the engine.
        given["generations"] = {"titles": False} | given.get("generations", {})  # type: ignore[operator]
        given["limits"] = RAISED | given.get("limits", {})  # type: ignore[operator]
        return Settings(_env_file=None, **given)  # type: ignore[arg-type]

    return make


@cache
def migrated_sqlite() -> bytes:
    """A file with all tables and no row: a thousand tests begin with one."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), auth={"secret": "s" * 40})
        migrate(settings)
        return sqlite_path(settings).read_bytes()


def _migrated(settings: Settings) -> None:
    if kind_of(settings) == "postgresql" or sqlite_path(settings).exists():
        migrate(settings)
        return
    whole = migrated_sqlite()
    sqlite_path(settings).parent.mkdir(parents=True, exist_ok=True)
    sqlite_path(settings).write_bytes(whole)


async def migrated(settings: Settings) -> Settings:
    """The settings, after their database has all tables."""
    await asyncio.to_thread(_migrated, settings)
    return settings


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as it is meant takes a sixth of a second on two cores, and every test signs somebody up. Those marked
    `real_passwords` look at the hashing itself."""
    if "real_passwords" not in request.keywords:
        quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
        monkeypatch.setattr("app.auth.passwords.PasswordHelper", partial(PasswordHelper, quick))
