"""The benchmark's cheap reader, against answers that are known to the byte."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from loadtest.bench.streams import CHAT, COMPLETIONS, Dialect, Load, streams
from loadtest.local_server import ServerError

COMPLETION = (
    b'data: {"choices": [{"delta": {"role": "assistant", "content": ""}}]}\n\n'
    b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
    b'data: {"choices": [], "usage": {"completion_tokens": 2}}\n\n'
    b"data: [DONE]\n\n"
)
CHATTED = (
    b'id: 1\nevent: queued\ndata: {"position": 0}\n\n'
    b'id: 2\nevent: delta\ndata: {"text": "a"}\n\n'
    b'id: 3\nevent: done\ndata: {"usage": {"completion_tokens": 2}}\n\n'
)


def chunked(body: bytes, step: int = 7) -> bytes:
    """As HTTP/1.1 frames it."""
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


@contextlib.asynccontextmanager
async def answering(answer: bytes, requests: list[bytes]) -> AsyncIterator[str]:
    """A server that answers every request so, in two writes, and then closes if the answer is not whole."""

    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                requests.append(head + await reader.readexactly(length))
                for part in (answer[:90], answer[90:]):
                    writer.write(part)
                    await writer.drain()
                if not answer.endswith(b"0\r\n\r\n"):
                    break
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            await asyncio.gather(*filter(None, serving))


@pytest.mark.parametrize(("dialect", "body"), [(COMPLETIONS, COMPLETION), (CHAT, CHATTED)])
async def test_every_client_asks_in_turn_on_one_connection(dialect: Dialect, body: bytes) -> None:
    requests: list[bytes] = []
    async with answering(chunked(body), requests) as url:
        found = await streams(url, dialect, ["one", "two"], Load(clients=3, rounds=2, tokens=2))
    assert len(found.ttft_ms) == len(requests) == 6
    assert all(0 < ttft <= 1000 * found.seconds for ttft in found.ttft_ms)
    assert sum(b"Authorization: Bearer one\r\n" in request for request in requests) == 4
    assert all(request.startswith(f"POST {dialect.path} HTTP/1.1\r\n".encode()) for request in requests)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (chunked(COMPLETION.replace(b"completion_tokens", b"total_tokens")), "without its count of tokens"),
        (chunked(COMPLETION.replace(b": 2}", b": 1}")), "1 tokens instead of 2"),
        (chunked(COMPLETION.replace(b'"a"', b'""')), "without a text"),
        (chunked(COMPLETION)[:-40], "closed the connection"),
        (chunked(b'{"error": 1}').replace(b"200 OK", b"404 Not Found"), 'completions: 404 {"error": 1}'),
    ],
)
async def test_an_answer_that_was_not_asked_for_is_no_figure(answer: bytes, words: str) -> None:
    async with answering(answer, []) as url:
        with pytest.raises(ServerError, match=words):
            await streams(url, COMPLETIONS, ["key"], Load(clients=2, rounds=1, tokens=2))
