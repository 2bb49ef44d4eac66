"""The system prompt and the model of new conversations which choose none. A conversation keeps what it began with."""

import asyncio
from time import monotonic

import structlog

from app.audit.service import AuditService
from app.auth.access import require
from app.auth.current import CurrentUser
from app.conversations.schemas import ChatRequest, ChatSettings
from app.db import Database, now
from app.defaults.models import ChatDefaults
from app.defaults.schemas import DefaultsUpdate, DefaultsView
from app.generations.backends import Backends
from app.setting_groups import FIRST_ENGINE

log = structlog.get_logger(__name__)

ONLY_ROW = 1
# What another server has changed counts here after so long at the most.
KEEP_SECONDS = 1.0


class Defaults:
    """Read anew every second in which conversations begin, so that all servers use the same."""

    def __init__(self, db: Database, backends: Backends, audit: AuditService) -> None:
        self._db = db
        self._backends = backends
        self._audit = audit
        self._known: DefaultsView | None = None
        self._until = 0.0
        self._reading: asyncio.Task[DefaultsView] | None = None

    async def get(self, user: CurrentUser) -> DefaultsView:
        """What is set, for administrators. Raises Forbidden."""
        require(user, "admin")
        return await self._read()

    async def set(self, user: CurrentUser, body: DefaultsUpdate) -> DefaultsView:
        """Replace them, for conversations that begin from now on. Raises Forbidden, NotFound (`model_not_found`)."""
        require(user, "admin")
        # The first model may be another after the next start: that it is the first is what was chosen.
        model = None if body.model == FIRST_ENGINE else body.model
        model = self._backends.by_name(model).entry if model is not None else None
        prompt = body.system_prompt if (body.system_prompt or "").strip() else None
        async with self._db.transaction() as db:
            await db.merge(ChatDefaults(id=ONLY_ROW, system_prompt=prompt, model=model, changed_at=now()))
            chars = len(prompt or "")
            self._audit.record("defaults.changed", user, db=db, model=model, system_prompt_chars=chars)
        return await self._read()

    async def in_force(self) -> DefaultsView:
        """For a conversation that begins now: a model that is not offered any more is the first one."""
        found = await self._recent()
        if not found.model_offered:
            log.warning("the default model is not offered any more, the first one answers", model=found.model)
            return found.model_copy(update={"model": None})
        return found

    async def chosen(self, system_prompt: str | None, model: str | None) -> tuple[str | None, str | None]:
        """What a conversation begins with, and the default where nothing is chosen. An empty system prompt chooses that
        there is none, `default` the first model."""
        found = await self.in_force()
        prompt = found.system_prompt if system_prompt is None else system_prompt
        return prompt, found.model if model is None else None if model == FIRST_ENGINE else model

    async def begin(self, request: ChatRequest) -> ChatRequest:
        """The same request, with the defaults if it begins a conversation."""
        if request.conversation_id is not None:
            return request
        settings = request.settings or ChatSettings()
        prompt, model = await self.chosen(settings.system_prompt, request.model)
        settings = settings.model_copy(update={"system_prompt": prompt})
        return request.model_copy(update={"settings": settings, "model": model})

    async def _recent(self) -> DefaultsView:
        if self._known is not None and monotonic() < self._until:
            return self._known
        # Once for all conversations that begin at the same moment, also when it fails.
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(), name="defaults")
        # One who hangs up does not take the answer from the others.
        return await asyncio.shield(self._reading)

    async def _read(self) -> DefaultsView:
        moment = monotonic()
        async with self._db.reading() as db:
            row = await db.get(ChatDefaults, ONLY_ROW)
        self._known, self._until = self._view(row), moment + KEEP_SECONDS
        return self._known

    def _view(self, row: ChatDefaults | None) -> DefaultsView:
        if row is None:
            return DefaultsView()
        offered = row.model is None or row.model in {backend.entry for backend in self._backends.all()}
        return DefaultsView(
            system_prompt=row.system_prompt, model=row.model, model_offered=offered, changed_at=row.changed_at
        )
