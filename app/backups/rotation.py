"""The backups that are made by themselves: before migrations, and every so many hours. The newest of each stay."""

import asyncio
import time
from pathlib import Path
from threading import Event

import structlog

from app.backups import creating
from app.backups.manifest import BackupError, Stopped
from app.config import Settings
from app.db import now
from app.errors import Unavailable

log = structlog.get_logger(__name__)

MIGRATION = "before"
SCHEDULED = "scheduled"
RETRY_SECONDS = 600.0


def _made(settings: Settings, what: str) -> list[Path]:
    """The oldest first."""
    files = creating.folder(settings).glob(f"{what}-*{creating.SUFFIX}")
    return sorted(files, key=lambda file: (file.stat().st_mtime, file.name))


def prune(settings: Settings, what: str) -> None:
    """Delete all but the newest. Those that a person has made are not touched."""
    for file in _made(settings, what)[: -settings.backup.keep]:
        file.unlink(missing_ok=True)


class ScheduledBackups:
    """Any number of processes may share a data directory: whoever finds that a backup is due makes it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def run(self) -> None:
        """Until cancelled; a backup that is being made is given up then."""
        every = self._settings.backup.every_hours
        if every is None:
            return
        while True:
            await asyncio.sleep(self._until_due(every * 3600))
            stopped = Event()
            try:
                await asyncio.to_thread(self._make, stopped, every * 3600)
            except asyncio.CancelledError:
                stopped.set()
                raise
            except (BackupError, Unavailable, OSError) as error:
                log.error("the scheduled backup failed", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    def _until_due(self, every: float) -> float:
        made = _made(self._settings, SCHEDULED)
        return max(0.0, made[-1].stat().st_mtime + every - time.time()) if made else 0.0

    def _make(self, stopped: Event, every: float) -> None:
        try:
            with creating.turn(self._settings, stopped) as work:
                if self._until_due(every) > 0:
                    return
                file = creating.named(self._settings, SCHEDULED, now())
                creating.write(self._settings, file, work, stopped)
        except Stopped:
            return
        log.info("backup made", file=str(file), bytes=file.stat().st_size)
        prune(self._settings, SCHEDULED)
