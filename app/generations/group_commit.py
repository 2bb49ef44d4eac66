"""Stores answers. SQLite has one writer: answers that end together would wait for each other, and questions for all of
them. There those that are to be stored at the same time go into one transaction."""

import asyncio
from collections.abc import Sequence

import structlog

from app.db import Database
from app.errors import Unavailable
from app.generations import repository
from app.generations.repository import Save

log = structlog.get_logger(__name__)

Waiting = tuple[Save, asyncio.Future[None]]


class GroupCommit:
    """On PostgreSQL each has a transaction of its own: a row that somebody else holds keeps nobody else waiting."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, save: Save) -> None:
        """Returns when it is stored. Raises Unavailable."""
        if not self._db.one_writer:
            await self._store([save])
            return
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((save, stored))
        if self._task is None:
            self._task = asyncio.create_task(self._write_together(), name="answers")
        await stored

    async def _store(self, saves: Sequence[Save]) -> None:
        async with self._db.transaction() as db:
            await repository.save(db, saves)

    async def _write_together(self) -> None:
        try:
            while self._waiting:
                await self._write_those_who_wait()
        finally:
            self._task = None

    async def _write_those_who_wait(self) -> None:
        turn: list[Waiting] = []
        try:
            async with self._db.transaction() as db:
                # Not before: all that come while others write.
                turn, self._waiting = self._waiting, []
                await repository.save(db, [save for save, _ in turn])
        except Unavailable as error:
            if not turn:
                turn, self._waiting = self._waiting, []
            _tell(turn, error)
        except Exception:
            log.exception("answers are stored one by one", answers=len(turn))
            # One of them cannot be; the others are not to suffer for it.
            for save, stored in turn:
                (failure,) = await asyncio.gather(self._store([save]), return_exceptions=True)
                _tell([(save, stored)], failure)
        else:
            _tell(turn)


def _tell(turn: Sequence[Waiting], error: BaseException | None = None) -> None:
    for _, stored in turn:
        if stored.done():  # who waited has been cancelled
            continue
        if error is None:
            stored.set_result(None)
        else:
            stored.set_exception(error)
