"""Bring the database to the newest schema, after a backup of what is there."""

import structlog
from alembic import command

from app import schema
from app.backups import creating, postgres, rotation
from app.config import Settings
from app.db import now

log = structlog.get_logger(__name__)


def migrate(settings: Settings, revision: str = "head") -> None:
    """Upgrade. Blocking; runs its own event loop, so call it outside of one.

    Raises schema.SchemaTooNew, BackupError when what is there cannot be saved before, Unavailable.
    """
    present = schema.present(settings)
    if present is not None and not schema.is_known(present):
        raise schema.SchemaTooNew(present)
    wanted = schema.newest() if revision == "head" else revision
    if present == wanted:
        return
    if present is not None and settings.backup.before_migration:
        _save(settings, present)
    command.upgrade(schema.alembic_config(settings), revision)


def downgrade(settings: Settings, revision: str) -> None:
    """Go back to a revision, `base` for an empty database."""
    command.downgrade(schema.alembic_config(settings), revision)


def _save(settings: Settings, present: str) -> None:
    if creating.kind_of(settings) == "postgresql" and not postgres.has_dump():
        log.warning("the database is migrated without a backup: pg_dump is not on the PATH", revision=present)
        return
    file = creating.named(settings, f"{rotation.MIGRATION}-{present}", now())
    creating.create(settings, file)
    log.info("backup before the migration", file=str(file))
    rotation.prune(settings, rotation.MIGRATION)
