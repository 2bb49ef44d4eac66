"""All services of one process, opened in order and closed in reverse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.auth.account import AccountService
from app.auth.keys import KeyService
from app.auth.service import AuthService
from app.config import Settings
from app.conversations.preparing import Preparing
from app.conversations.sending import Sending
from app.conversations.service import ConversationService
from app.db import Database
from app.generations.admission import Admission
from app.generations.generations import Generations
from app.generations.journal import Journal
from app.generations.recovery import Recovery
from app.generations.replicas import opened
from app.generations.runner import Runner
from app.generations.saving import Saving
from app.generations.streaming import Streaming
from app.generations.upkeep import forget_old, keep_pulse
from app.instance import claim
from app.observability.loop_lag import measure_loop_lag
from engine.base import Engine
from engine.supervisor import Supervisor

# Together well under the 15 s that an operator waits before killing. Answers that do not finish in DRAIN_SECONDS go
# on in the next process.
DRAIN_SECONDS = 5.0
SAVE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Services:
    """What the routers and the pages work with."""

    settings: Settings
    db: Database
    auth: AuthService
    accounts: AccountService
    keys: KeyService
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
        accounts = AccountService(db, auth.hasher, auth.throttle)
        await auth.ensure_admin()
        await auth.housekeeping()
        instance = claim(settings.data_dir)
        stack.callback(instance.release)
        journal = Journal(instance.directory / "journal")
        stack.callback(journal.close)
        replicas = await stack.enter_async_context(opened(settings.redis.url))
        supervisor = Supervisor(engine)
        stack.push_async_callback(supervisor.stop)
        admission = Admission(settings.engine.max_num_seqs, settings.queue.max_waiting, settings.limits.concurrent)
        saving = Saving(db, settings.generations.detach_seconds)
        resume_seconds = settings.generations.resume_seconds
        runner = Runner(saving, Streaming(supervisor, admission, resume_seconds), supervisor, admission)
        generations = Generations(db, runner, admission, journal, replicas)
        preparing = Preparing(db, supervisor, salted=settings.engine.cache_salt == "user")
        recovery = Recovery(db, saving, admission, journal, resume_seconds)
        lost = await recovery.run(instance.id, preparing.again)
        stack.push_async_callback(generations.shutdown, 0, SAVE_SECONDS)
        for task in (measure_loop_lag(), keep_pulse(journal), forget_old(db)):
            stack.callback(asyncio.create_task(task).cancel)
        supervisor.start()
        for generation in lost:
            generations.run(generation)
        sending = Sending(db, generations, supervisor, preparing, instance.id)
        yield Services(
            settings,
            db,
            auth,
            accounts,
            KeyService(db),
            ConversationService(db, generations, sending),
            generations,
            supervisor,
        )
