"""Another server on this data directory has ended or was killed: its answers go on here, at once.

Its journal is taken as its own successor would take it, under the lock that the kernel gave back. So a release, a
scaled-down replica and a crash cost no answer while one server runs on.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from app.errors import Unavailable
from app.generations.generations import Generations
from app.generations.journal import Journal
from app.generations.recovery import PrepareAgain, Recovery
from app.instance import Instance, left_behind

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0


class Takeover:
    """`run` looks once a second, `close` leaves what has not ended to the next one."""

    def __init__(
        self, data_dir: Path, generations: Generations, recovery: Callable[[Journal], Recovery], prepare: PrepareAgain
    ) -> None:
        self._data_dir = data_dir
        self._generations = generations
        self._recovery = recovery
        self._prepare = prepare
        self._taken: list[tuple[Instance, Journal]] = []

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for instance, journal in self._taken:
                if journal.idle:
                    self._leave(instance, journal)
                else:
                    journal.heartbeat()
            self._taken = [(instance, journal) for instance, journal in self._taken if not journal.idle]
            if self._generations.stopping:
                continue
            for instance in await asyncio.to_thread(left_behind, self._data_dir):
                await self._take(instance)

    async def _take(self, instance: Instance) -> None:
        journal = Journal(instance.directory / "journal")
        self._taken.append((instance, journal))
        try:
            resumed = await self._recovery(journal).run(instance.id, self._prepare)
        except Unavailable:
            log.warning("answers of another server are taken over later, storage is unavailable")
            self._taken.pop()
            journal.close()
            instance.release(settled=False)
            return
        for generation in resumed:
            self._generations.run(generation)

    def close(self) -> None:
        """After the generations have stopped."""
        for instance, journal in self._taken:
            self._leave(instance, journal)
        self._taken = []

    def _leave(self, instance: Instance, journal: Journal) -> None:
        journal.close()
        instance.release()
