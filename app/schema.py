"""Which revision of the schema the database has, and which this code knows."""

import asyncio
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.config import Settings
from app.db import Database

SCRIPTS = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """A newer version has changed the database; this one would damage it."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database has schema {revision}, which this version of vllm-chat does not know (it knows "
            f"{newest()}): a newer version has used it. Run that version, or restore a backup of before."
        )


def alembic_config(settings: Settings | None = None) -> Config:
    """Alembic without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["settings"] = settings
    return config


def newest() -> str:
    """The revision that the models have."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


def is_known(revision: str) -> bool:
    """Whether this code can bring that schema to the newest one."""
    try:
        return ScriptDirectory.from_config(alembic_config()).get_revision(revision) is not None
    except CommandError:
        return False


def present(settings: Settings) -> str | None:
    """The revision of the database; None for an empty one. Blocking; runs its own event loop, so call it outside of
    one. Raises Unavailable."""

    async def ask() -> str | None:
        db = Database(settings)
        try:
            async with db.reading() as session:
                connection = await session.connection()
                return await connection.run_sync(lambda one: MigrationContext.configure(one).get_current_revision())
        finally:
            await db.close()

    return asyncio.run(ask())
