"""Fixtures of the whole suite."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from fastapi_users.password import PasswordHelper
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.config import Settings
from tests.rig.migrated import whole_sqlite

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
    """A fresh database with all tables; every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        (tmp_path / "test.db").write_bytes(whole_sqlite())
        return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    new_database: Callable[[], str] = request.getfixturevalue("migrated_postgres_url")
    return new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As `database_url`, without any table."""
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


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as it is meant takes a sixth of a second on two cores, and every test signs somebody up. Those marked
    `real_passwords` look at the hashing itself."""
    if "real_passwords" not in request.keywords:
        quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
        monkeypatch.setattr("app.auth.passwords.PasswordHelper", partial(PasswordHelper, quick))
