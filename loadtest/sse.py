"""An incremental parser of server-sent events: bytes in, as they arrive; whole events out."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

# A lone CR at the very end may be the first half of CRLF: it waits for the next chunk.
_LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")


@dataclass(frozen=True)
class Event:
    """One event. `id` is the last id seen on the stream, as the standard has it."""

    event: str
    data: str
    id: str


class Parser:
    """Feed it chunks of any size, cut anywhere, also inside a character or between CR and LF."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._rest = ""
        self._event = ""
        self._data: list[str] = []
        self._id = ""

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that `chunk` completes. Read them all before feeding the next."""
        *lines, self._rest = _LINE_END.split(self._rest + self._decoder.decode(chunk))
        for line in lines:
            if line:
                self._field(*line.split(":", 1))
            elif self._data:
                yield Event(self._event or "message", "\n".join(self._data), self._id)
            if not line:
                self._event, self._data = "", []

    def _field(self, name: str, value: str = "") -> None:
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
