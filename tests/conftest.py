"""Fixtures of the whole suite."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from app.config import Settings
from app.migrate import migrate

pytest_plugins = ["tests.rig.fixtures"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database; every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    new_database: Callable[[], str] = request.getfixturevalue("postgres_url")
    return new_database()


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings that no environment variable touches; `database_url` or any field by keyword."""

    def make(**values: object) -> Settings:
        given = {"data_dir": tmp_path / "data", "auth": {"secret": "s" * 40}} | values
        return Settings(_env_file=None, **given)  # type: ignore[arg-type]

    return make


async def migrated(settings: Settings) -> Settings:
    """The settings, after their database has all tables."""
    await asyncio.to_thread(migrate, settings)
    return settings
