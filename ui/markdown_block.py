"""One block of Markdown source: what is closed in it, and what still grows."""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from ui.markdown_structure import Span

Kind = Literal["flow", "text", "code", "math", "list", "table", "plain"]

ITEM = re.compile(r" {0,3}(?:[-+*]|(\d{1,9})[.)])(?:[ \t]+|$)")


@dataclass(slots=True)
class Block:
    """`head` (fence line, table head), closed `parts`, the open `tail`, and `foot` (closing fence)."""

    kind: Kind = "flow"
    head: str = ""
    parts: list[str] = field(default_factory=list)
    tail: str = ""
    foot: str = ""
    closed: bool = False

    @property
    def source(self) -> str:
        """The exact text of the block."""
        return self.head + "".join(self.parts) + self.tail + self.foot

    def drop_line_end(self) -> None:
        """Take the last character away again: a line end that was only supposed."""
        if self.foot:
            self.foot = self.foot[:-1]
        elif self.tail:
            self.tail = self.tail[:-1]
        elif self.parts:
            self.parts[-1] = self.parts[-1][:-1]
        else:
            self.head = self.head[:-1]

    @property
    def start(self) -> int | None:
        """The first number of an ordered list; None for bullets."""
        match = ITEM.match((self.parts[0] if self.parts else self.tail).lstrip("\r\n"))
        return int(match[1]) if match and match[1] else None


def lines_of(text: str) -> list[str]:
    """The lines of `text` with their line ends; the last one may have none."""
    *lines, rest = text.split("\n")
    return [line + "\n" for line in lines] + ([rest] if rest else [])


def shape(block: Block, span: Span, lines: list[str], begin: int, end: int) -> None:
    """Give `block` its kind, and the lines of `span` as closed parts and open tail."""
    if span.kind in ("bullet_list", "ordered_list"):
        block.kind = "list"
        starts = [begin, *span.items[1:], end]
        items = ["".join(lines[a:b]) for a, b in pairwise(starts)]
        block.parts += items[:-1]
        block.tail = items[-1]
    elif span.kind == "table":
        block.kind = "table"
        block.head = "".join(lines[begin : span.line + 2])
        block.parts = lines[span.line + 2 : end]
        block.tail = ""
    else:
        block.tail = "".join(lines[begin:end])
