"""One generation: what was asked, the log of what came, and the task that writes it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from uuid import UUID

from app.generations.admission import Ticket
from app.generations.backends import Backend
from app.generations.events import Event, EventLog, EventType
from app.generations.journal import Journal
from app.generations.receipt import Stopwatch
from app.limits.store import Reservation
from app.origin import Origin, origin
from engine.base import Delta, Engine, Prompt, Sampling, Written

NO_STEP = Delta("")

Pair = tuple[EventType, dict[str, Any]]
Ending = Literal["stop", "shutdown", "detached"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What goes to the engine. `context_start` is the oldest message in the prompt when older ones were left out;
    `likely_cached` of its tokens were read or written by the turn before."""

    prompt: Prompt
    sampling: Sampling
    context_start: str | None = None
    likely_cached: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a generation has ended, as its message keeps it."""

    status: str
    receipt: dict[str, Any]
    error_code: str | None = None


Prepare = Callable[[Engine], Awaitable[Prepared]]


@dataclass(slots=True, eq=False, kw_only=True)
class Followed:
    """Anything whose events can be followed: running here, running on another replica, or ended."""

    id: UUID
    user_id: UUID
    conversation_id: UUID
    message_id: UUID
    log: EventLog = field(default_factory=EventLog)


@dataclass(slots=True, eq=False, kw_only=True)
class Generation(Followed):
    """Owned by the server, not by whoever watches it. `backend` answers it, `ticket` is its place there.

    `token_ids` and `text` are the whole answer; the first `carried_tokens` of them come from an earlier generation of
    the same message; `carried` is their text and `carried_reasoning` what came before that, until the log holds them.
    `recorded_finish` was journaled by a process that died before it could end the generation. `unsaved`: its end was
    told before it could be stored.
    """

    backend: Backend
    prepare: Prepare
    ticket: Ticket
    reservation: Reservation
    journal: Journal
    prepared: Prepared | None = None
    watch: Stopwatch = field(default_factory=Stopwatch)
    token_ids: list[int] = field(default_factory=list)
    carried_tokens: int = 0
    carried: str = ""
    carried_reasoning: str = ""
    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    recorded_finish: str | None = None
    origin: Origin = field(default_factory=origin)
    ending: Ending | None = None
    unsaved: bool = False
    work: asyncio.Task[str] | None = None
    task: asyncio.Task[None] | None = None

    @property
    def content(self) -> str:
        """The answer so far."""
        return "".join(self.text)

    @property
    def begun(self) -> bool:
        """True from the first token on: what has been said is not said again by another model."""
        return bool(self.token_ids or self.content or any(self.reasoning))

    @property
    def resumable(self) -> bool:
        """Whether it can be begun or go on. Where the ids of the tokens are not known it cannot go on."""
        return bool(self.token_ids) or not self.begun

    @property
    def tokens_used(self) -> int:
        """Prompt and answer by the engine's counts, those of earlier processes included."""
        return self.watch.prompt_tokens + self.watch.completion_tokens

    @property
    def written(self) -> Written | None:
        """What the engine has to go on behind; None at the start."""
        if not self.token_ids and not self.content:
            return None
        return Written(tuple(self.token_ids), self.content, "".join(self.reasoning))

    def take_carried(self) -> list[Pair]:
        """What earlier generations of the message have written, as events, once."""
        reasoning, text, self.carried_reasoning, self.carried = self.carried_reasoning, self.carried, "", ""
        events: list[Pair] = [("reasoning", {"text": reasoning})] if reasoning else []
        return [*events, ("delta", {"text": text})] if text else events

    def record(
        self,
        *events: Pair,
        delta: Delta = NO_STEP,
    ) -> None:
        """Journal one step, then let followers see its events."""
        created = [self.log.create(type_, data) for type_, data in events]
        step: dict[str, Any] = {"events": [[event.type, event.data] for event in created], "ids": delta.token_ids}
        step |= {"finish": delta.finish_reason} if delta.finish_reason else {}
        step |= {"unnamed": delta.unnamed_tokens} if delta.unnamed_tokens else {}
        self.token_ids += delta.token_ids
        self.journal.append(self.id, step, lambda: self.log.publish(*created))

    def record_start(self, accepted: float) -> None:
        """Journal who and what; `accepted` in seconds since the epoch."""
        start = {
            "user": str(self.user_id),
            "conversation": str(self.conversation_id),
            "message": str(self.message_id),
            "accounts": [account.name for account in self.reservation.accounts],
            "accepted": accepted,
            "origin": self.origin.as_record(),
            "carried": self.carried,
            "carried_reasoning": self.carried_reasoning,
            "ids": self.token_ids,
        }
        self.journal.append(self.id, {"start": start})

    def record_prepared(self, prepared: Prepared) -> None:
        """Journal what goes to the engine, so that exactly this goes there again."""
        self.prepared = prepared
        prompt = prepared.prompt
        self.journal.append(
            self.id,
            {
                "prepared": {
                    "ids": prompt.token_ids,
                    "tokens": prompt.tokens,
                    "salt": prompt.cache_salt,
                    "sampling": asdict(prepared.sampling),
                    "context_start": prepared.context_start,
                }
            },
        )

    def record_unsaved(self, end: Event, outcome: Outcome) -> None:
        """Journal an end that cannot be stored yet, then let followers see it."""
        self.unsaved = True
        record = {"events": [[end.type, end.data]], "ids": (), "outcome": asdict(outcome)}
        self.journal.append(self.id, record, lambda: self.log.publish(end))

    def cancel(self, ending: Ending) -> None:
        """End the work; the outer task still saves what there is."""
        if self.ending is None and not self.log.closed:
            self.ending = ending
            if self.work is not None:
                self.work.cancel()
