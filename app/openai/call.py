"""One request to the engine by the OpenAI or Anthropic API: its place, what it may use, what it has used."""

import asyncio
import time
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from app.errors import AppError
from app.generations.admission import Ticket
from app.generations.backends import Backend
from app.generations.receipt import Stopwatch
from app.limits.store import Reservation
from app.origin import Origin, origin

log = structlog.get_logger(__name__)

# How long the engine may take to give up what nobody waits for, in seconds.
CLOSE_SECONDS = 5.0


@dataclass(slots=True, eq=False, kw_only=True)
class Call:
    """Implements `engine.metering.Meter`. `id` is also that of its row in the request log."""

    id: UUID
    user_id: UUID
    backend: Backend
    ticket: Ticket
    reservation: Reservation
    cache_salt: str | None
    watch: Stopwatch = field(default_factory=Stopwatch)
    origin: Origin = field(default_factory=origin)
    finish_reason: str | None = None
    error: AppError | None = None
    hung_up: bool = False
    open: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def model(self) -> str:
        """Who answers, or was to answer."""
        return self.backend.name

    def move(self, other: Backend) -> None:
        """Somebody else answers. The place in the queue was earned once."""
        self.backend.admission.leave(self.ticket)
        self.backend, self.ticket = other, other.admission.enter(self.user_id, capped=False)

    def start(self) -> None:
        """It has its place in the engine."""
        self.watch.started = time.monotonic()

    def begin(self) -> None:
        """One of its prompts goes to the engine."""
        self.open += 1
        self.idle.clear()

    def finish(self) -> None:
        """The engine has nothing more to do for that prompt."""
        self.open -= 1
        if not self.open:
            self.idle.set()

    def read(self, prompt_tokens: int, cached_tokens: int, waited: float | None = None) -> None:
        """The engine has read a prompt."""
        self.watch.prompt_tokens += prompt_tokens
        self.watch.cached_tokens += cached_tokens
        if waited is not None and self.watch.first is None and self.watch.started is not None:
            self.watch.first = self.watch.last = self.watch.started + waited

    def step(self, tokens: int, preemptions: int) -> None:
        """So many tokens came."""
        self.watch.step(tokens)
        self.watch.preemptions = max(self.watch.preemptions, preemptions)

    def ended(self, finish_reason: str) -> None:
        """One sequence is complete."""
        self.finish_reason = finish_reason

    async def settled(self) -> None:
        """Return when the engine has given up everything of this call. A hung one must not keep its place."""
        if self.open:
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self.idle.wait()
            except TimeoutError:
                log.warning("the engine holds on to a call that has ended", call_id=str(self.id))

    @property
    def tokens_used(self) -> int:
        """Prompt and answers by the engine's counts."""
        return self.watch.prompt_tokens + self.watch.completion_tokens

    @property
    def status(self) -> str:
        """As the request log has it."""
        if self.error is not None:
            return "refused" if self.error.status < 500 else "error"
        return "cancelled" if self.hung_up else "done"
