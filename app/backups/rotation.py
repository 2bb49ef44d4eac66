"""The backups that are made by themselves: before migrations, and every so many hours. The newest of each stay."""

import asyncio
import time
from pathlib import Path
from threading import Event

import structlog

from app import metrics
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
    """Any number of processes may share a data directory: whoever finds that a backup is due makes it.

    `last` and `due` are when the newest was made and when the next one is to begin, in seconds of Unix time; None where
    there is none. `failure` says why the newest try of this process was in vain.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._began = time.time()
        self.last: float | None = None
        self.due: float | None = None
        self.failure: str | None = None

    async def run(self) -> None:
        """Until cancelled; a backup that is being made is given up then."""
        if self._settings.backup.every_hours is None:
            return
        every, stopped = self._settings.backup.every_hours * 3600.0, Event()
        while True:
            try:
                await asyncio.sleep(self._look(every) - time.time())
                await asyncio.to_thread(self._make, stopped, every)
            except asyncio.CancelledError:
                stopped.set()
                raise
            except (BackupError, Unavailable, OSError) as error:
                self.failure = str(error)
                metrics.backup_failures.inc()
                log.error("the scheduled backup failed", reason=self.failure)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.failure = None

    def _look(self, every: float) -> float:
        """When the next one is due."""
        made = _made(self._settings, SCHEDULED)
        # Without an older one: at once.
        self.due = self._began
        if made:
            self.last = made[-1].stat().st_mtime
            self.due = self.last + every
            metrics.backup_made.labels(SCHEDULED).set(self.last)
        metrics.backup_due.labels(SCHEDULED).set(self.due)
        return self.due

    def _make(self, stopped: Event, every: float) -> None:
        try:
            with creating.turn(self._settings, stopped) as work:
                if self._look(every) > time.time():
                    return
                file = creating.named(self._settings, SCHEDULED, now())
                creating.write(self._settings, file, work, stopped)
        except Stopped:
            return
        log.info("backup made", file=str(file), bytes=file.stat().st_size)
        prune(self._settings, SCHEDULED)
