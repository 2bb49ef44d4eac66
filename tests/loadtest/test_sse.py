"""The load test's parser of server-sent events."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.sse import Event, Parser

STREAM = (
    ": ping\n\n"
    'id: 1\nevent: queued\ndata: {"position": 0}\n\n'
    'id: 2\r\nevent: delta\r\ndata: {"text": "안녕, 🙂"}\r\n\r\n'
    "id: 3\rdata: one\rdata:two\r\r"
    "event: no data\n\n"
    "data\n\n"
    "data: unfinished"
)
EVENTS = [
    Event("queued", '{"position": 0}', "1"),
    Event("delta", '{"text": "안녕, 🙂"}', "2"),
    Event("message", "one\ntwo", "3"),
    Event("message", "", "3"),
]


def parse(chunks: list[bytes]) -> list[Event]:
    parser = Parser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def test_whole_stream_in_one_chunk() -> None:
    assert parse([STREAM.encode()]) == EVENTS


def test_byte_by_byte() -> None:
    assert parse([bytes([byte]) for byte in STREAM.encode()]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM.encode())), max_size=8))
def test_cut_anywhere(cuts: list[int]) -> None:
    raw = STREAM.encode()
    edges = [0, *sorted(cuts), len(raw)]
    assert parse([raw[a:b] for a, b in pairwise(edges)]) == EVENTS


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbfdata: x\n\n", b"retry: 5\nunknown: y\ndata: x\n\n"])
def test_what_is_ignored(raw: bytes) -> None:
    assert parse([raw]) == [Event("message", "x", "")]


def test_an_event_is_given_as_soon_as_its_blank_line_is_there() -> None:
    parser = Parser()
    assert list(parser.feed(b"data: x\n")) == []
    assert list(parser.feed(b"\n")) == [Event("message", "x", "")]
