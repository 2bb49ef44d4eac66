"""One generation: what was asked, the log of what came, and the task that writes it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from app.errors import AppError
from app.generations.admission import Ticket
from app.generations.events import EventLog
from app.generations.receipt import Stopwatch
from engine.base import Prompt, Sampling

Prepare = Callable[[], Awaitable[tuple[Prompt, Sampling]]]


@dataclass(slots=True, eq=False)
class Generation:
    """Owned by the server, not by whoever watches it."""

    id: UUID
    user_id: UUID
    conversation_id: UUID
    message_id: UUID
    prepare: Prepare
    ticket: Ticket
    log: EventLog = field(default_factory=EventLog)
    watch: Stopwatch = field(default_factory=Stopwatch)
    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    error: AppError | None = None
    ending: Literal["stop", "shutdown"] | None = None
    work: asyncio.Task[str] | None = None
    task: asyncio.Task[None] | None = None

    @property
    def content(self) -> str:
        """The answer so far."""
        return "".join(self.text)

    def cancel(self, ending: Literal["stop", "shutdown"]) -> None:
        """End the work; the outer task still saves what there is."""
        if self.ending is None and not self.log.closed:
            self.ending = ending
            if self.work is not None:
                self.work.cancel()
