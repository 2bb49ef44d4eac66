"""The conversations in a JSON file of any size, one after the other: read piece by piece, never parsed as a whole."""

import re
from collections.abc import Iterator
from typing import Protocol

CHUNK = 256 * 1024
# Parsing holds the interpreter: the event loop waits for it. So much takes some hundredths of a second.
MAX_ELEMENT = 8 * 1024 * 1024
MAX_DEPTH = 64
KEY = b'"conversations"'
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]|[^"\[\]{}]++', re.DOTALL)
_BETWEEN = b" \t\r\n,"


class Damaged(Exception):
    """It ends in the middle, or is no JSON; what was read before stays good."""


class NoList(Exception):
    """There is no list of conversations in it."""


class Readable(Protocol):
    """All that is needed of a file to read it from its beginning."""

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes at most; none at the end."""


def elements(file: Readable) -> Iterator[bytes | str]:
    """Each element of the list that the file is, or that its key `conversations` names: its JSON, or the reason why it
    is left out (`too_large`, `too_deep`). Raises NoList, Damaged."""
    tokens = _tokens(file)
    depth = inside = _find(tokens)
    kept: list[bytes] = []
    size = deepest = 0
    for token in tokens:
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
            if depth < inside:
                return
        elif depth == inside:
            if token.strip(_BETWEEN):
                yield b"null"  # a number or a text: no conversation
            continue
        size, deepest = size + len(token), max(deepest, depth - inside)
        if size <= MAX_ELEMENT and deepest <= MAX_DEPTH:
            kept.append(token)
        if depth == inside:
            yield "too_large" if size > MAX_ELEMENT else "too_deep" if deepest > MAX_DEPTH else b"".join(kept)
            kept, size, deepest = [], 0, 0
    raise Damaged


def _find(tokens: Iterator[bytes]) -> int:
    """Go behind the opening bracket of the list; how deep it is."""
    depth, key = 0, b""
    try:
        for token in tokens:
            if token == b"[" and (depth == 0 or (depth == 1 and key == KEY)):
                return depth + 1
            if token in (b"{", b"["):
                depth += 1
            elif token in (b"}", b"]"):
                depth -= 1
            elif token.startswith(b'"'):
                key = token
            elif depth == 0 and token.strip(b"\xef\xbb\xbf \t\r\n"):
                raise NoList
            elif b"," in token:
                key = b""
    except Damaged:
        raise NoList from None
    raise NoList


def _tokens(file: Readable) -> Iterator[bytes]:
    """Texts with their quotes, brackets, and what stands between them."""
    buffer, at = b"", 0
    while True:
        match = _TOKEN.match(buffer, at)
        if match is not None:
            at = match.end()
            yield match[0]
            continue
        more = file.read(CHUNK)
        if not more and at == len(buffer):
            return
        buffer, at = buffer[at:] + more, 0
        if not more or len(buffer) > MAX_ELEMENT + CHUNK:
            # A text that does not end.
            raise Damaged
