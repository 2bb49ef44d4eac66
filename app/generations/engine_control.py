"""Pausing, draining and restarting an engine without losing a request: new ones wait in the queue meanwhile.

Nothing of it is kept: a new process begins with open queues, and finds those who waited in its journal.
"""

import asyncio
from typing import Literal

import structlog

from app.audit.service import AuditService
from app.auth.access import require
from app.auth.current import CurrentUser
from app.errors import Conflict
from app.generations.backends import Backend, Backends
from app.setting_groups import FIRST_ENGINE
from engine.base import Stage
from engine.errors import EngineUnavailable

log = structlog.get_logger(__name__)

Action = Literal["pause", "drain", "resume", "restart"]
# `open`: requests get in. `draining`: the last answers are written; `drained`: nothing runs.
Queue = Literal["open", "paused", "draining", "drained", "restarting"]


class EngineControl:
    """What administrators do to the engines of this process."""

    def __init__(self, backends: Backends, audit: AuditService) -> None:
        self._backends, self._audit = backends, audit
        self._wanted: dict[Backend, Literal["pause", "drain", "restart"]] = {}
        self._restarts: dict[Backend, asyncio.Task[None]] = {}

    def queue(self, backend: Backend) -> Queue:
        """What became of it."""
        match self._wanted.get(backend):
            case "pause":
                return "paused"
            case "drain":
                return "draining" if backend.admission.running else "drained"
            case "restart":
                return "restarting"
        return "open"

    def act(self, user: CurrentUser, action: Action, model: str | None, wait_seconds: float) -> Backend:
        """On this model; None is the first. Answers that run go on; a restart waits `wait_seconds` for their ends.

        Raises Forbidden, NotFound (`model_not_found`), and for a restart Conflict (`engine_elsewhere` for one that
        another server runs, `engine_starting` for one that is starting anyway).
        """
        require(user, "admin")
        backend = self._backends.default if model in (None, FIRST_ENGINE) else self._backends.by_name(str(model))
        match action:
            case "resume":
                self._resume(backend)
                self._audit.record("engine.resumed", user, model=backend.name)
            case "pause":
                self._hold(backend, "pause")
                self._audit.record("engine.paused", user, model=backend.name)
            case "drain":
                self._hold(backend, "drain")
                self._audit.record("engine.drained", user, model=backend.name)
            case "restart":
                self._restart(backend, wait_seconds)
                self._audit.record("engine.restarted", user, model=backend.name)
        return backend

    async def close(self) -> None:
        """The process ends."""
        for task in list(self._restarts.values()):
            task.cancel()
        await asyncio.gather(*self._restarts.values(), return_exceptions=True)

    def _hold(self, backend: Backend, how: Literal["pause", "drain", "restart"]) -> None:
        self._give_up_restart(backend)
        self._wanted[backend] = how
        backend.admission.pause()

    def _resume(self, backend: Backend) -> None:
        self._give_up_restart(backend)
        self._wanted.pop(backend, None)
        backend.admission.resume()

    def _give_up_restart(self, backend: Backend) -> None:
        if (task := self._restarts.pop(backend, None)) is not None:
            task.cancel()

    def _restart(self, backend: Backend, wait_seconds: float) -> None:
        if backend.remote is not None:
            raise Conflict("This engine runs on another server; restart it there.", code="engine_elsewhere")
        if not backend.supervisor.ready and backend.supervisor.status.stage is not Stage.FAILED:
            raise Conflict("The engine is starting already.", code="engine_starting")
        self._hold(backend, "restart")
        self._restarts[backend] = asyncio.create_task(self._drain_and_restart(backend, wait_seconds))

    async def _drain_and_restart(self, backend: Backend, wait_seconds: float) -> None:
        supervisor, admission = backend.supervisor, backend.admission
        if supervisor.ready:
            try:
                async with asyncio.timeout(wait_seconds):
                    await admission.empty()
            except TimeoutError:
                log.warning("the engine restarts under answers that go on afterwards", running=admission.running)
        before = supervisor.status
        supervisor.restart()
        try:
            async for status in supervisor.watch():
                if status is not before:
                    break
            await supervisor.wait_ready()
        except EngineUnavailable as error:
            # Whoever waits goes on waiting, until somebody has repaired it and restarts or resumes.
            log.error("the engine did not come back, its queue stays closed", reason=str(error))
            self._wanted[backend] = "drain"
        else:
            self._wanted.pop(backend, None)
            admission.resume()
        del self._restarts[backend]
