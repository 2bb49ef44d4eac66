"""What the users saw, one JSON line for each thing: their process writes it, the one that judges reads it."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

NAME = "diary.jsonl"


@dataclass(frozen=True)
class Try:
    """One HTTP request. `number` 1 is the first try; `status` 0: no answer. Times are seconds since the epoch."""

    at: float
    name: str
    number: int
    status: int
    code: str = ""

    @property
    def ok(self) -> bool:
        """It was answered, and not with an error."""
        return 200 <= self.status < 300


@dataclass
class Asked:
    """One question that was accepted, and all that its asker got to see. `end` is the last event's type, or empty when
    none came; `cuts` are the moments at which the stream broke off, `notices` what was told beside the text."""

    at: float
    user: int
    generation_id: str = ""
    conversation_id: str = ""
    message_id: str = ""
    text: str = ""
    end: str = ""
    code: str = ""
    saved: bool = True
    ended_at: float = 0.0
    longest_gap: float = 0.0
    cuts: list[float] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    wrong: str = ""


class Diary:
    """One in `folder`, open for adding; lines are whole."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, entry: Try | Asked) -> None:
        """Keep it, also when this process is killed at once."""
        line = json.dumps([type(entry).__name__, asdict(entry)], ensure_ascii=False) + "\n"
        os.write(self._descriptor, line.encode())


@dataclass
class Seen:
    """Everything in a diary."""

    tries: list[Try] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def between(self, begin: float, end: float) -> "Seen":
        """What happened from `begin` up to `end`; a question belongs to the moment at which it ended."""
        return Seen(
            [one for one in self.tries if begin <= one.at < end],
            [one for one in self.asked if begin <= one.ended_at < end],
        )

    def first_tries(self) -> list[Try]:
        """What counts for the availability."""
        return [one for one in self.tries if one.number == 1]


def seen(lines: Iterable[str]) -> Seen:
    """Read a diary."""
    found = Seen()
    for line in lines:
        kind, values = json.loads(line)
        if kind == Try.__name__:
            found.tries.append(Try(**values))
        else:
            found.asked.append(Asked(**values))
    return found


def read(folder: Path) -> Seen:
    """The diary in `folder`."""
    with open(folder / NAME) as file:
        return seen(file)
