"""What a streamed token costs the server for each page that shows it: at the end of a long answer against its start."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from loadtest.bench.row import Figures, Line, Row
from loadtest.bench.scripted import markdown, scripted
from loadtest.figures import cpu_seconds
from loadtest.local_server import LocalServer, ServerError
from loadtest.page import signed_in
from loadtest.sse import Event, Parser
from loadtest.user import signed_up


@dataclass(frozen=True)
class Size:
    """`viewers` pages of one account follow one answer; they open in the `ahead` seconds before its first token."""

    characters: int = 16_000
    viewers: int = 8
    per_second: float = 100
    ahead: float = 20


async def events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """Of one answer."""
    parser = Parser()
    async for chunk in chunks:
        for event in parser.feed(chunk):
            yield event


async def measure(server: LocalServer, size: Size) -> Figures:
    """One answer. Raises ServerError when a page did not get it."""
    whole = len(markdown(size.characters))
    marks: dict[str, tuple[int, float]] = {}  # tokens and CPU seconds
    tokens = characters = 0
    async with signed_up(server.url) as user, signed_in(server.url, user.email, user.password) as browser:
        async with contextlib.AsyncExitStack() as stack:
            stream = events(await stack.enter_async_context(user.asking("Write")))
            first = json.loads((await anext(stream)).data)
            path = f"/c/{first['conversation_id']}"
            tabs = [await stack.enter_async_context(browser.tab(path)) for _ in range(size.viewers)]
            async for event in stream:
                if event.event != "delta":
                    continue
                if not tokens:
                    marks["start"] = (0, cpu_seconds(server.pid))
                tokens += 1
                characters += len(json.loads(event.data)["text"])
                for name, share in (("tenth", 0.1), ("last", 0.9), ("end", 1.0)):
                    if name not in marks and characters >= share * whole:
                        marks[name] = (tokens, cpu_seconds(server.pid))
            if min(tab.received for tab in tabs) < whole:
                raise ServerError("a page did not get the whole answer")
    early, late = (
        1e6 * (marks[to][1] - marks[of][1]) / ((marks[to][0] - marks[of][0]) * size.viewers)
        for of, to in (("start", "tenth"), ("last", "end"))
    )
    return {"early": early, "late": late, "ratio": late / early, "tokens": tokens}


async def run(passes: int) -> list[Figures]:
    """All on one server, each pass a new account and answer."""
    size = Size()
    with scripted(markdown(size.characters), size.per_second, size.ahead) as server:
        return [await measure(server, size) for _ in range(passes)]


ROW = Row(
    "page_cost",
    (
        Line("ratio", "CPU per token and page, last tenth of a 16 kB answer / first tenth", at_most=1.2),
        Line("early", "first tenth", "µs"),
        Line("late", "last tenth", "µs"),
        Line("tokens", "tokens of the answer", "tokens"),
    ),
    run,
)
