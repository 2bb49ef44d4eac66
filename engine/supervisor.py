"""Keeps one engine alive: starts it in the background, tells its stage, restarts it when it has died."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from engine.backoff import Backoff
from engine.base import Engine, EngineStatus, ModelInfo, Stage
from engine.errors import EngineConfigError, EngineError, EngineUnavailable

log = structlog.get_logger(__name__)

HEALTH_SECONDS = 1.0
ASKED = "an administrator restarts it"
OUTAGES = 20
# Begin and end in seconds of Unix time.
Outage = tuple[float, float]


class Supervisor:
    """Owns the engine. `status` is what the page, `/readyz` and the metrics show.

    `restart_eta_ms` is how long the newest successful start took, from the loss of the engine before it
    until it was ready, without the wait of a crash loop; None before the first. With `refused_retry_seconds` an engine
    whose settings cannot work is tried again after so long. `label` names it in the log. `clock` and `sleep` are for
    tests of that loop. `restarts` are losses and those that were asked for, `losses` only the former.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        label: str = "",
        health_seconds: float = HEALTH_SECONDS,
        refused_retry_seconds: int | None = None,
    ) -> None:
        self.engine = engine
        # True from a failed start, or from a loss that is one of many, until a start succeeds.
        self.failing = False
        self.status = EngineStatus(Stage.STARTING)
        self.restarts = 0
        self.losses = 0
        self.restart_eta_ms: int | None = None
        self._outages: deque[Outage] = deque(maxlen=OUTAGES)
        self._away_since: float | None = time.time()
        self._changed = asyncio.Event()
        self._suspected = asyncio.Event()
        self._asked = False
        self._clock = clock
        self._sleep = sleep
        self._backoff = Backoff()
        self._health_seconds = health_seconds
        self._refused_retry_seconds = refused_retry_seconds
        self._log = log.bind(engine=label) if label else log
        self._task: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """True after a warm generation, until the engine dies or stops."""
        return self.status.stage is Stage.READY

    @property
    def info(self) -> ModelInfo | None:
        """The model, None before it is known."""
        try:
            return self.engine.info
        except EngineUnavailable:
            return None

    @property
    def model_name(self) -> str:
        """The model's name, empty before it is known."""
        return self.info.name if self.info else ""

    @property
    def is_demo(self) -> bool:
        """True when the bundled demo model answers."""
        return bool(self.info and self.info.is_demo)

    @property
    def outages(self) -> list[Outage]:
        """The newest times in which the engine could not serve, its first start and the present one included."""
        now = [(self._away_since, time.time())] if self._away_since is not None else []
        return [*self._outages, *now]

    def start(self) -> None:
        """Begin in the background; never raises for the engine's sake."""
        self._task = asyncio.create_task(self._run(), name="engine-supervisor")

    async def stop(self) -> None:
        """End the background task and the engine."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.engine.stop()
        self._report(EngineStatus(Stage.STOPPED))

    def suspect(self) -> None:
        """A stream failed: look at the engine's health now, not at the next tick."""
        self._suspected.set()

    def restart(self) -> bool:
        """End the engine and start it anew, which counts as no crash; one that has failed for good is tried again.

        False when it is starting already.
        """
        if self._task is not None and self._task.done():
            self.start()
            self._report(EngineStatus(Stage.RESTARTING, ASKED))
            return True
        if self.ready:
            self._asked = True
            self._suspected.set()
        return self.ready

    async def wait_ready(self, *, patient: bool = True) -> None:
        """Return when the engine can serve. Raises EngineUnavailable when it has failed for good; without patience also
        while it is failing."""
        async for status in self.watch():
            if status.stage is Stage.READY:
                return
            if status.stage in (Stage.FAILED, Stage.STOPPED) or (self.failing and not patient):
                raise EngineUnavailable(status.detail or "the engine is stopped")

    async def watch(self) -> AsyncIterator[EngineStatus]:
        """The present status, then the newest one after each change."""
        while True:
            changed, status = self._changed, self.status
            yield status
            if status is self.status:
                await changed.wait()

    def _report(self, status: EngineStatus) -> None:
        if status == self.status:
            return
        self.status = status
        if self._away_since is not None and self.ready:
            self._outages.append((self._away_since, time.time()))
        self._away_since = None if self.ready else self._away_since or time.time()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        self._log.info("engine stage", stage=status.stage.value, detail=status.detail, progress=status.progress)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()

        ours = threading.get_ident()

        def report(status: EngineStatus) -> None:
            # Direct where possible: queued, an older stage would overwrite a newer one.
            if threading.get_ident() == ours:
                self._report(status)
            else:
                loop.call_soon_threadsafe(self._report, status)

        began = self._clock()
        while True:
            stage = Stage.RESTARTING
            try:
                await self.engine.start(report)
            except EngineConfigError as error:
                self.failing = True
                self._log.error("engine cannot start", reason=str(error))
                if self._refused_retry_seconds is None:
                    self._report(EngineStatus(Stage.FAILED, str(error)))
                    return
                stage, wait, detail = Stage.FAILED, self._refused_retry_seconds, str(error)
            except EngineError as error:
                self.failing = True
                wait = self._backoff.after_failed_start(self._clock())
                self._log.warning("engine start failed", reason=str(error), retry_seconds=wait)
                detail = f"could not start, next try in {wait} s: {error}"
            else:
                self.failing = False
                self.restart_eta_ms = round((self._clock() - began) * 1000)
                reason = await self._until_dead()
                began = self._clock()
                self.restarts += 1
                wait = 0 if reason is ASKED else self._backoff.after_loss(began)
                self.failing = bool(wait)
                if reason is ASKED:
                    self._log.warning("engine restarts", reason=reason)
                else:
                    self.losses += 1
                    self._log.error("engine lost", reason=reason, retry_seconds=wait)
                losses = self._backoff.losses
                detail = f"crashed {losses} times in 5 minutes, next try in {wait} s: {reason}" if wait else reason
            self._report(EngineStatus(stage, detail, retry_seconds=wait or None))
            # After a failed start too: half an engine may be there.
            await self.engine.stop()
            if wait:
                asleep = self._clock()
                await self._sleep(wait)
                began += self._clock() - asleep

    async def _until_dead(self) -> str:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._health_seconds):
                    await self._suspected.wait()
            self._suspected.clear()
            if self._asked:
                self._asked = False
                return ASKED
            try:
                await self.engine.check_health()
            except EngineError as error:
                return str(error)
