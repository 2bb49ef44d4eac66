"""The list and the opening of conversations for somebody who has very many, against somebody who has a few."""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from loadtest.bench.row import DEMO, Figures, Line, Row
from loadtest.local_server import ServerError, started
from loadtest.page import Browser, signed_in
from loadtest.user import User, signed_up

TEXT = "A paragraph of an ordinary length, with **a word** in it, as answers have them. " * 4
LAST = "the very last answer"


@dataclass(frozen=True)
class Size:
    """How much the two have, and how often each thing is done; the median counts."""

    conversations: int = 10_000
    messages: int = 1_000
    few: int = 10
    rounds: int = 9


@dataclass(frozen=True)
class Person:
    """Somebody with a browser; `longest` is the conversation with the most messages."""

    user: User
    browser: Browser
    longest: str


def document(conversations: int, messages: int) -> str:
    """A file for `POST /api/conversations/import`; the first conversation has all the messages, the others two."""
    kinds = [messages] + [2] * (conversations - 1)
    return json.dumps({"conversations": [_conversation(number, count) for number, count in enumerate(kinds)]})


def _conversation(number: int, count: int) -> dict[str, Any]:
    ids = [f"00000000-0000-4000-8000-{index:012x}" for index in range(count)]
    messages = [
        {
            "id": ids[index],
            "parent_id": ids[index - 1] if index else None,
            "role": "assistant" if index % 2 else "user",
            "content": LAST if index == count - 1 else f"{index} {TEXT}",
        }
        for index in range(count)
    ]
    return {"title": f"Conversation {number}", "messages": messages}


@contextlib.asynccontextmanager
async def person(url: str, conversations: int, messages: int) -> AsyncIterator[Person]:
    """With all of it stored."""
    async with signed_up(url) as user, signed_in(url, user.email, user.password) as browser:
        answer = await user.http.post("/api/conversations/import", content=document(conversations, messages))
        report = answer.json()
        if answer.status_code != 200 or report["imported"] != conversations:
            raise ServerError(f"import: {answer.status_code} {answer.text[:500]}")
        yield Person(user, browser, report["ids"][0])


async def times(one: Person, rounds: int) -> dict[str, float]:
    """Medians in milliseconds of the list for programs, the page with its list, and the longest conversation."""

    async def listed() -> float:
        began = time.perf_counter()
        (await one.user.http.get("/api/conversations")).raise_for_status()
        return time.perf_counter() - began

    # One kind after the other: a page that has just been closed costs the server a little more.
    kinds: dict[str, Callable[[], Awaitable[float]]] = {
        "list": listed,
        "page": lambda: one.browser.until("/", "Conversation "),
        "open": lambda: one.browser.until(f"/c/{one.longest}", LAST),
    }
    return {name: 1000 * median([await measure() for _ in range(rounds)]) for name, measure in kinds.items()}


async def compare(url: str, size: Size) -> Figures:
    """Both on one server, one after the other."""
    async with person(url, size.few, size.few) as few:
        small = await times(few, size.rounds)
    async with person(url, size.conversations, size.messages) as many:
        large = await times(many, size.rounds)
    figures = {
        f"{name}_{kind}": value for kind, found in (("few", small), ("many", large)) for name, value in found.items()
    }
    return figures | {f"{name}_ratio": large[name] / small[name] for name in small}


async def run(passes: int) -> list[Figures]:
    """Each pass two new accounts."""
    with started(DEMO) as server:
        return [await compare(server.url, Size()) for _ in range(passes)]


def _lines() -> list[Line]:
    what = {
        "list": "`GET /api/conversations`",
        "page": "the page, from `GET /` until the list has come",
        "open": "a conversation, from `GET /c/…` until its last message has come",
    }
    lines = []
    for name, words in what.items():
        many = "one of 1 000 messages among 10 000" if name == "open" else "of 10 000"
        few = "one of 10 messages among 10" if name == "open" else "of 10"
        lines += [
            Line(f"{name}_few", f"{words}: {few}", "ms", 1),
            Line(f"{name}_many", f"{words}: {many}", "ms", 1),
            Line(f"{name}_ratio", f"{words}: many / few", at_most=1.5),
        ]
    return lines


ROW = Row("conversations", _lines(), run)
