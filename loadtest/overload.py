"""Many more questions at once than a server takes: who is refused learns it soon, who is admitted is answered."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from loadtest.bench.streams import CHAT, Answer, Connection, request_of
from loadtest.figures import percentile
from loadtest.user import User, signed_up

SIGNED_UP_AT_ONCE = 4
TOKENS = 32


@dataclass(frozen=True)
class Outcome:
    """Of one question: the status, the seconds until it was known, Retry-After, and whether the answer was whole."""

    status: int
    known_seconds: float
    retry_after: str | None
    whole: bool
    stored: int


@dataclass(frozen=True)
class Overload:
    """What became of all questions."""

    outcomes: Sequence[Outcome]

    @property
    def admitted(self) -> list[Outcome]:
        """Those that were taken."""
        return [one for one in self.outcomes if one.status == 200]

    @property
    def refused(self) -> list[Outcome]:
        """Those that were not."""
        return [one for one in self.outcomes if one.status != 200]

    def __str__(self) -> str:
        known = [1000 * one.known_seconds for one in self.refused]
        return (
            f"{len(self.outcomes)} questions at once: {len(self.admitted)} admitted, of them "
            f"{sum(one.whole for one in self.admitted)} answered; {len(self.refused)} refused "
            f"(status {sorted({one.status for one in self.refused})}), all with Retry-After: "
            f"{all(one.retry_after for one in self.refused)}, told after p50 {percentile(known, 0.5):.0f} ms, "
            f"p95 {percentile(known, 0.95):.0f} ms, at most {max(known, default=0):.0f} ms; conversations stored for "
            f"refused questions: {sum(one.stored for one in self.refused)}"
        )


async def _ask(user: User, connection: Connection, start: asyncio.Event) -> Answer:
    key = user.http.headers["Authorization"].removeprefix("Bearer ")
    request = request_of(CHAT, user.http.base_url.netloc.decode(), key, "overload", TOKENS)
    await start.wait()
    return await connection.ask(request, CHAT.text)


async def _outcome(user: User, answer: Answer) -> Outcome:
    assert answer.known is not None
    whole = b"event: done" in b"".join(answer.pieces)
    stored = len((await user.http.get("/api/conversations")).json()["items"])
    return Outcome(answer.status, answer.known - answer.sent, answer.retry_after, whole, stored)


async def overload(url: str, users: int) -> Overload:
    """One question each, all at the same moment, from accounts made before, each over a connection that is there. They
    are sent so cheaply that the clock is the server's: two hundred by httpx take it as long as the refusals do."""
    address, loop = httpx.URL(url), asyncio.get_running_loop()
    turnstile = asyncio.Semaphore(SIGNED_UP_AT_ONCE)
    start = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:

        async def enter() -> User:
            async with turnstile:
                user = await stack.enter_async_context(signed_up(url))
                # Somebody who is using the service: that the session has not ended need not be read again.
                (await user.http.get("/api/users/me")).raise_for_status()
                return user

        people = await asyncio.gather(*(enter() for _ in range(users)))
        asked = []
        for user in people:
            transport, connection = await loop.create_connection(Connection, address.host, address.port or 80)
            stack.callback(transport.close)
            asked.append(asyncio.create_task(_ask(user, connection, start)))
        start.set()
        answers = await asyncio.gather(*asked)
        # Not before all are told: what is asked meanwhile would keep the others waiting.
        return Overload([await _outcome(*one) for one in zip(people, answers, strict=True)])
