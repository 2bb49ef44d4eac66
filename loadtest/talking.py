"""Users who chat as long as a block lasts, to see what something else does to them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from loadtest.questions import QUESTIONS
from loadtest.user import Turn, User, signed_up

TOKENS = 32
PAUSE_SECONDS = 0.5


@contextlib.asynccontextmanager
async def talking(url: str, count: int) -> AsyncIterator[list[Turn]]:
    """`count` new accounts ask one question after the other; the list grows, and is whole behind the block. Raises
    what any of them meets."""
    turns: list[Turn] = []
    over = asyncio.Event()

    async def talk(user: User, first: int) -> None:
        number = first
        while not over.is_set():
            turns.append(await user.ask(QUESTIONS[number % len(QUESTIONS)], max_tokens=TOKENS))
            number += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    await over.wait()

    async with contextlib.AsyncExitStack() as stack:
        users = [await stack.enter_async_context(signed_up(url)) for _ in range(count)]
        async with asyncio.TaskGroup() as group:
            for number, user in enumerate(users):
                group.create_task(talk(user, number))
            try:
                yield turns
            finally:
                over.set()
