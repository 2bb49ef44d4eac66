"""All services of one process, opened in order and closed in reverse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.announcements.service import Announcements
from app.audit.service import AuditService
from app.auth.account import AccountService
from app.auth.invitations import InvitationService
from app.auth.key_admin import KeyAdmin
from app.auth.keys import KeyService
from app.auth.links import MailedLinks
from app.auth.people import open_people
from app.auth.registration import Registration
from app.auth.service import AuthService
from app.auth.sessions import SessionService
from app.auth.totp import TotpService
from app.auth.user_admin import UserAdmin
from app.backups.rotation import ScheduledBackups
from app.collecting import collect_when_quiet
from app.config import Settings
from app.conversations.counting import Counting
from app.conversations.folders import FolderService
from app.conversations.listing import Listing
from app.conversations.organizing import Organizing
from app.conversations.preparing import Preparing
from app.conversations.sending import Sending
from app.conversations.service import ConversationService
from app.db import Database
from app.defaults.service import Defaults
from app.feedback.service import FeedbackReview
from app.generations.backends import Backends, build_backends
from app.generations.engine_control import EngineControl
from app.generations.generations import Generations
from app.generations.journal import Journal
from app.generations.recovery import Recovery
from app.generations.replicas import opened
from app.generations.runner import Runner
from app.generations.saving import Saving
from app.generations.streaming import Streaming
from app.generations.takeover import Takeover
from app.generations.upkeep import forget_old, keep_pulse
from app.instance import claim
from app.library.service import LibraryService
from app.limits.service import LimitService, open_limits
from app.observability.activity import Activity
from app.observability.engine_state import EngineStates
from app.observability.glance import Glances
from app.observability.loop_lag import measure_loop_lag
from app.observability.settings_in_force import SettingsInForce
from app.observability.surroundings import Surroundings
from app.openai.service import OpenAIService
from app.personal_data.service import PersonalDataService
from app.request_log.service import RequestLogService
from app.retention.service import Retention
from app.sharing.copying import Copying
from app.sharing.service import Sharing
from app.titles.service import Titles
from app.tracing import Tracing
from app.transfer.exporting import Exporting
from app.transfer.importing import Importing
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
    audit: AuditService
    request_log: RequestLogService
    personal_data: PersonalDataService
    auth: AuthService
    accounts: AccountService
    registration: Registration
    invitations: InvitationService
    links: MailedLinks
    totp: TotpService
    users: UserAdmin
    keys: KeyService
    key_admin: KeyAdmin
    sessions: SessionService
    limits: LimitService
    library: LibraryService
    conversations: ConversationService
    organizing: Organizing
    folders: FolderService
    exporting: Exporting
    counting: Counting
    importing: Importing
    sharing: Sharing
    copying: Copying
    titles: Titles
    generations: Generations
    backends: Backends
    # The first of them.
    engine: Supervisor
    engine_control: EngineControl
    openai: OpenAIService
    activity: Activity
    engine_states: EngineStates
    glances: Glances
    settings_in_force: SettingsInForce
    feedback: FeedbackReview
    defaults: Defaults
    announcements: Announcements


@asynccontextmanager
async def open_services(settings: Settings, engine: Engine, tracing: Tracing | None = None) -> AsyncIterator[Services]:
    """The database must be migrated. The engine starts in the background. `tracing` is closed at the end."""
    async with AsyncExitStack() as stack:
        tracing = tracing or Tracing()
        stack.push_async_callback(tracing.close)
        db = Database(settings)
        stack.push_async_callback(db.close)
        audit = AuditService(db)
        request_log = RequestLogService(db)
        for batches in (audit.batches, request_log.batches):
            stack.push_async_callback(batches.close)
            stack.callback(asyncio.create_task(batches.run()).cancel)
        await request_log.make_room()
        people = await stack.enter_async_context(open_people(settings, db, audit))
        await people.registration.ensure_admin()
        await people.auth.housekeeping()
        instance = claim(settings.data_dir)
        stack.callback(instance.release)
        journal = Journal(instance.directory / "journal")
        stack.callback(journal.close)
        replicas = await stack.enter_async_context(opened(settings.redis_url))
        limits = await stack.enter_async_context(open_limits(db, settings, audit))
        backends = build_backends(settings, engine)
        supervisors = [backend.supervisor for backend in backends.all()]
        for supervisor in supervisors:
            stack.push_async_callback(supervisor.stop)
        saving = Saving(db, settings.generations.detach_seconds)
        resume_seconds = settings.generations.resume_seconds
        streaming = Streaming(backends, resume_seconds, tracing)
        runner = Runner(saving, streaming, limits.ledger, request_log, tracing)
        generations = Generations(db, runner, backends, journal, replicas)
        preparing = Preparing(db, salted=settings.salted)
        organizing = Organizing(db, generations)

        def recovery(of: Journal) -> Recovery:
            return Recovery(db, saving, backends, of, limits.ledger, request_log, resume_seconds)

        retention = Retention(db, settings.retention.days, audit, request_log)
        lost = await recovery(journal).run(instance.id, preparing.again)
        takeover = Takeover(settings.data_dir, generations, recovery, preparing.again)
        stack.callback(takeover.close)
        stack.push_async_callback(generations.shutdown, 0, SAVE_SECONDS)
        activity = Activity()
        engine_control = EngineControl(backends, audit)
        stack.push_async_callback(engine_control.close)
        engine_states = EngineStates(backends, engine_control, activity)
        surroundings = Surroundings(settings, db)
        backups = ScheduledBackups(settings)
        stack.push_async_callback(surroundings.close)
        for task in (
            measure_loop_lag(),
            collect_when_quiet(lambda: any(backend.admission.running for backend in backends.all())),
            surroundings.watch(),
            engine_states.watch(),
            keep_pulse(journal),
            takeover.run(),
            forget_old(db),
            retention.run(),
            organizing.keep_purging(),
            backups.run(),
        ):
            stack.callback(asyncio.create_task(task).cancel)
        for supervisor in supervisors:
            supervisor.start()
        for generation in lost:
            generations.run(generation)
        titles = Titles(db, preparing, request_log, enabled=settings.generations.titles)
        stack.push_async_callback(titles.close)
        defaults = Defaults(db, backends, audit)
        sending = Sending(db, generations, backends, preparing, limits, request_log, titles, defaults, instance.id)
        copying = Copying(db)
        yield Services(
            settings,
            db,
            audit,
            request_log,
            PersonalDataService(db, audit, request_log),
            people.auth,
            people.accounts,
            people.registration,
            people.invitations,
            people.links,
            people.totp,
            people.users,
            people.keys,
            people.key_admin,
            people.sessions,
            limits,
            LibraryService(db, backends),
            ConversationService(db, backends, defaults, sending, Listing(db), organizing),
            organizing,
            FolderService(db),
            Exporting(db),
            Counting(db, backends),
            Importing(db, backends, settings.data_dir),
            Sharing(db, copying, audit),
            copying,
            titles,
            generations,
            backends,
            backends.default.supervisor,
            engine_control,
            OpenAIService(backends, generations, limits, request_log, tracing, salted=settings.salted),
            activity,
            engine_states,
            Glances(backends, engine_control, request_log, surroundings, backups),
            SettingsInForce(settings),
            FeedbackReview(db),
            defaults,
            Announcements(db, audit),
        )
