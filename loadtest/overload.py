"""Many more questions at once than a server takes: who is refused learns it soon, who is admitted is answered."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

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


async def _ask(user: User, start: asyncio.Event) -> Outcome:
    body = {"content": "overload", "params": {"max_tokens": TOKENS}}
    await start.wait()
    began = time.perf_counter()
    async with user.http.stream("POST", "/api/chat", json=body) as response:
        known = time.perf_counter() - began
        answer = await response.aread()
    stored = len((await user.http.get("/api/conversations")).json()["items"])
    retry_after = response.headers.get("retry-after")
    return Outcome(response.status_code, known, retry_after, b"event: done" in answer, stored)


async def overload(url: str, users: int) -> Overload:
    """One question each, all at the same moment, from accounts made before."""
    turnstile = asyncio.Semaphore(SIGNED_UP_AT_ONCE)
    start = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:

        async def enter() -> User:
            async with turnstile:
                user = await stack.enter_async_context(signed_up(url))
                # The connection is there when the question is asked.
                (await user.http.get("/api/users/me")).raise_for_status()
                return user

        people = await asyncio.gather(*(enter() for _ in range(users)))
        asked = [asyncio.create_task(_ask(user, start)) for user in people]
        start.set()
        return Overload(await asyncio.gather(*asked))
