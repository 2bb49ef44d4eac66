"""What happens by the clock."""

import asyncio

import structlog

from app.db import Database, now
from app.errors import Unavailable
from app.generations import repository
from app.generations.journal import Journal

log = structlog.get_logger(__name__)

PULSE_SECONDS = 1.0
FORGET_SECONDS = 3600.0


async def keep_pulse(journal: Journal) -> None:
    """After a crash the journal tells when the server was last alive."""
    while True:
        await asyncio.sleep(PULSE_SECONDS)
        journal.heartbeat()


async def forget_old(db: Database) -> None:
    """Events and idempotency keys are kept for a day."""
    while True:
        try:
            async with db.transaction() as session:
                await repository.expire(session, now())
        except Unavailable:
            log.warning("old events are forgotten later, storage is unavailable")
        await asyncio.sleep(FORGET_SECONDS)
