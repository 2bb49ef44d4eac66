"""An installation with something in it, on both databases."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import User
from app.config import Settings
from app.db import Database
from app.migrate import migrate
from tests.rig.postgres import bin_directory

T = TypeVar("T")


@pytest.fixture(autouse=True)
def postgres_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the cluster come first."""
    if directory := bin_directory():
        monkeypatch.setenv("PATH", str(directory), prepend=os.pathsep)


def in_database(settings: Settings, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """What `work` answers in a transaction."""

    async def run() -> T:
        db = Database(settings)
        try:
            async with db.transaction() as session:
                return await work(session)
        finally:
            await db.close()

    return asyncio.run(run())


@dataclass
class Installation:
    """Its settings, and who has an account."""

    settings: Settings

    def add(self, *emails: str) -> None:
        """Accounts."""

        async def insert(session: AsyncSession) -> None:
            session.add_all([User(email=email, hashed_password="x") for email in emails])

        in_database(self.settings, insert)

    def emails(self) -> list[str]:
        """All, in order."""

        async def ask(session: AsyncSession) -> list[str]:
            return sorted(user.email for user in await session.scalars(select(User)))

        return in_database(self.settings, ask)


@pytest.fixture
def installation(make_settings: Callable[..., Settings], database_url: str) -> Installation:
    """With one account, and a secret of its own."""
    made = Installation(make_settings(database={"url": database_url}, auth={}))
    migrate(made.settings)
    made.settings.secret()
    made.add("kim@example.com")
    return made
