"""One user with fifty requests beside one user with a single one, and what each of three busy users is given."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from loadtest.bench.row import DEMO, Figures, Line, Row
from loadtest.local_server import started
from loadtest.questions import QUESTIONS
from loadtest.user import User, signed_up

SLOTS = 8
SETTINGS = {
    **DEMO,
    "CHAT_ENGINE__MAX_NUM_SEQS": str(SLOTS),
    "CHAT_LIMITS__CONCURRENT": "1000",
    "CHAT_QUEUE__MAX_WAITING": "1000",
}


@dataclass(frozen=True)
class Size:
    """How much of it; smaller in tests."""

    tokens: int = 64
    backlog: int = 50
    singles: int = 10
    queued_singles: int = 4
    backlogs: Sequence[int] = (25, 25, 50)
    seconds: float = 15.0


def jain(values: Sequence[float]) -> float:
    """Jain's index of fairness: 1 when all are given the same, 1/n when one gets everything."""
    return sum(values) ** 2 / (len(values) * sum(value**2 for value in values))


class Busy:
    """Keeps `backlog` requests of a user in the server, each of them of the same length."""

    def __init__(self, user: User, backlog: int, tokens: int) -> None:
        self.given = 0  # tokens of whole answers
        self._user = user
        self._tokens = tokens
        self._backlog = backlog
        self._filling = True
        self._begun = asyncio.Event()

    @contextlib.asynccontextmanager
    async def filled(self) -> AsyncIterator["Busy"]:
        """The block begins when the first have been answered. After it the requests that are left are waited for."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._backlog):
                group.create_task(self._fill(number))
            try:
                await self._begun.wait()
                yield self
            finally:
                self._filling = False

    async def _fill(self, number: int) -> None:
        while self._filling:
            await self._user.exhaust(QUESTIONS[number % len(QUESTIONS)], **equal(self._tokens))
            self.given += self._tokens
            self._begun.set()


def equal(tokens: int) -> dict[str, Any]:
    """Parameters that make every answer exactly so long."""
    return {"min_tokens": tokens, "max_tokens": tokens, "ignore_eos": True}


async def _single(user: User, count: int, tokens: int) -> tuple[float, float, float]:
    """Of `count` requests, one after the other, the medians of: first text, wait for a place, time in the engine."""
    turns = [await user.ask(QUESTIONS[number % len(QUESTIONS)], **equal(tokens)) for number in range(count)]
    return (
        median(turn.ttft_ms for turn in turns),
        median(turn.data("started")["queue_ms"] for turn in turns),
        median(turn.data("prefilled")["prefill_ms"] for turn in turns),
    )


async def measure(url: str, size: Size) -> Figures:
    """One pass."""
    async with signed_up(url) as many, signed_up(url) as one:
        alone, _, alone_engine = await _single(one, size.singles, size.tokens)
        async with Busy(many, size.backlog, size.tokens).filled():
            beside, beside_wait, beside_engine = await _single(one, size.singles, size.tokens)
        # One account's requests are served in the order of their arrival.
        async with Busy(many, size.backlog, size.tokens).filled():
            arrival, *_ = await _single(many, size.queued_singles, size.tokens)
        given = await _given(url, size)
    return {
        "alone": alone,
        "beside": beside,
        "arrival": arrival,
        "alone_engine": alone_engine,
        "beside_wait": beside_wait,
        "beside_engine": beside_engine,
        "beside/alone": beside / alone,
        "beside/arrival": beside / arrival,
        "jain": jain(given),
        "rate": sum(given) / size.seconds,
    }


async def _given(url: str, size: Size) -> list[float]:
    """Tokens that each of some users with always filled backlogs is given within the window."""
    async with contextlib.AsyncExitStack() as stack:
        users = [await stack.enter_async_context(signed_up(url)) for _ in size.backlogs]
        busy = [
            await stack.enter_async_context(Busy(user, backlog, size.tokens).filled())
            for user, backlog in zip(users, size.backlogs, strict=True)
        ]
        before = [one.given for one in busy]
        await asyncio.sleep(size.seconds)
        return [one.given - earlier for one, earlier in zip(busy, before, strict=True)]


async def run(passes: int) -> list[Figures]:
    """All on one server."""
    with started(SETTINGS) as server:
        return [await measure(server.url, Size()) for _ in range(passes)]


ROW = Row(
    "fairness",
    (
        Line("alone", "(a) first text, the second user alone", "ms", 1),
        Line("beside", "(b) first text beside a user with 50 requests", "ms", 1),
        Line("arrival", "(c) the same request served in order of arrival", "ms"),
        Line("beside/alone", "(b) / (a)", at_most=3),
        Line("beside/arrival", "(b) / (c)", at_most=0.2),
        Line("jain", "Jain index of tokens given to three users with 25, 25 and 50 waiting", at_least=0.95),
        Line("alone_engine", "part of (a): from submission to the engine to its first token", "ms", 1),
        Line("beside_wait", "part of (b): wait for a place", "ms", 1),
        Line("beside_engine", "part of (b): from submission to the engine to its first token", "ms", 1),
        Line("rate", "tokens per second of those three together", "tokens/s"),
    ),
    run,
)
