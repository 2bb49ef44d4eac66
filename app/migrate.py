"""Bring the database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from app.config import Settings

SCRIPTS = Path(__file__).parent / "migrations"


def alembic_config(settings: Settings) -> Config:
    """Alembic without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["settings"] = settings
    return config


def migrate(settings: Settings, revision: str = "head") -> None:
    """Upgrade. Blocking; runs its own event loop, so call it outside of one."""
    command.upgrade(alembic_config(settings), revision)


def downgrade(settings: Settings, revision: str) -> None:
    """Go back to a revision, `base` for an empty database."""
    command.downgrade(alembic_config(settings), revision)
