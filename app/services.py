"""All services of one process, opened in order and closed in reverse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from app.auth.service import AuthService
from app.config import Settings
from app.conversations import repository
from app.conversations.service import ConversationService
from app.db import Database
from app.generations.admission import Admission
from app.generations.generations import Generations
from app.observability.loop_lag import measure_loop_lag
from engine.base import Engine
from engine.supervisor import Supervisor

log = structlog.get_logger(__name__)

# Together well under the 15 s that an operator waits before killing.
SAVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Services:
    """What the routers and the pages work with."""

    settings: Settings
    db: Database
    auth: AuthService
    conversations: ConversationService
    generations: Generations
    engine: Supervisor


@asynccontextmanager
async def open_services(settings: Settings, engine: Engine) -> AsyncIterator[Services]:
    """The database must be migrated. The engine starts in the background."""
    async with AsyncExitStack() as stack:
        db = Database(settings)
        stack.push_async_callback(db.close)
        auth = AuthService(db, settings)
        stack.callback(auth.close)
        await auth.ensure_admin()
        await auth.housekeeping()
        async with db.transaction() as session:
            if left := await repository.interrupt_unfinished(session):
                log.warning("answers of a killed server marked as interrupted", count=left)
        supervisor = Supervisor(engine)
        stack.push_async_callback(supervisor.stop)
        admission = Admission(settings.engine.max_num_seqs, settings.queue.max_waiting, settings.limits.concurrent)
        generations = Generations(db, supervisor, admission)
        stack.push_async_callback(generations.shutdown, SAVE_SECONDS)
        lag = asyncio.create_task(measure_loop_lag())
        stack.callback(lag.cancel)
        supervisor.start()
        yield Services(settings, db, auth, ConversationService(db, generations, supervisor), generations, supervisor)
