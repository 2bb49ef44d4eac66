"""All services about accounts, for the server and for the command line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.audit.service import AuditService
from app.auth.account import AccountService
from app.auth.invitations import InvitationService
from app.auth.key_admin import KeyAdmin
from app.auth.keys import KeyService
from app.auth.links import MailedLinks
from app.auth.proof import PasswordProof
from app.auth.registration import Registration
from app.auth.service import AuthService
from app.auth.session_cache import SessionCache
from app.auth.sessions import SessionService
from app.auth.totp import TotpService
from app.auth.user_admin import UserAdmin
from app.config import Settings
from app.db import Database
from app.mail import Mailer


@dataclass(frozen=True, slots=True)
class People:
    """`app.services.Services` holds them one by one."""

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


@asynccontextmanager
async def open_people(settings: Settings, db: Database, audit: AuditService) -> AsyncIterator[People]:
    """At the end the mails on their way are given a moment, before the database closes."""
    async with AsyncExitStack() as stack:
        cache = SessionCache(settings.redis_url)
        stack.push_async_callback(cache.close)
        auth = AuthService(db, settings, cache, audit)
        stack.callback(auth.close)
        mailer = Mailer(settings)
        stack.push_async_callback(mailer.close)
        proof = PasswordProof(db, auth.hasher, auth.throttle, audit)
        links = MailedLinks(db, mailer, auth.hasher, cache, audit)
        keys = KeyService(db, cache.recent_keys, audit)
        for work in (auth.keep_fresh(), keys.keep_fresh()):
            stack.callback(asyncio.create_task(work).cancel)
        yield People(
            auth=auth,
            accounts=AccountService(db, auth.hasher, proof, cache, links, audit),
            registration=Registration(db, settings, auth.hasher, links, audit),
            invitations=InvitationService(db, settings, mailer, audit),
            links=links,
            totp=TotpService(db, proof, auth.factor, audit),
            users=UserAdmin(db, auth.hasher, cache, audit),
            keys=keys,
            key_admin=KeyAdmin(db, cache.recent_keys, audit),
            sessions=SessionService(db, cache, audit),
        )
