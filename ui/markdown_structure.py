"""Questions about the structure of Markdown, answered by the parser and never by guessing.

Only block structure and delimiters are looked at here; nothing is rendered.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ui.markdown_math import math_plugin

MAX_NESTING = 20
MAX_DELIMITERS = 150

_BLOCKS = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable("table")
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])
# Inside a long paragraph that is already shown in pieces, a line of dashes can no longer make it a heading.
_PARAGRAPH = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable("table")
_PARAGRAPH.core.ruler.enableOnly(["normalize", "block"])
_PARAGRAPH.disable("lheading")
_INLINE = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").use(math_plugin)

_INERT = re.compile(r"(?<=\w)_(?=\w)|(?<=\s)[*~](?=\s)|\$(?=[\d\s])")
_DELIMITERS = re.compile(r"[*_~`\[\]$<\\|]")


@dataclass(frozen=True, slots=True)
class Span:
    """One top-level block: its first line, its kind, and the first line of each item when it is a list."""

    line: int
    kind: str
    items: tuple[int, ...] = ()


def top_level(source: str, env: dict[str, Any], *, in_paragraph: bool = False) -> list[Span]:
    """The top-level blocks of `source`; link definitions found on the way are collected in `env`."""
    parser = _PARAGRAPH if in_paragraph else _BLOCKS
    # A lone carriage return would count as a line here but not in the splitter.
    tokens = parser.parse(source.replace("\r", " "), env)
    return list(_spans(tokens))


def _spans(tokens: list[Token]) -> Iterator[Span]:
    for index, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None:
            continue
        items: tuple[int, ...] = ()
        if token.type in ("bullet_list_open", "ordered_list_open"):
            items = tuple(_item_lines(tokens, index + 1))
        yield Span(token.map[0], token.type.removesuffix("_open"), items)


def _item_lines(tokens: list[Token], index: int) -> Iterator[int]:
    while tokens[index].level:
        if tokens[index].type == "list_item_open" and tokens[index].level == 1:
            token_map = tokens[index].map
            if token_map is not None:
                yield token_map[0]
        index += 1


def is_balanced(text: str) -> bool:
    """True when no delimiter is left open in `text`, so that it renders the same on its own."""
    if len(_DELIMITERS.findall(text)) > MAX_DELIMITERS:
        return False
    tokens = _INLINE.parseInline(text)[0].children or []
    literal = "\n".join(token.content for token in tokens if token.type == "text")
    return not _DELIMITERS.search(_INERT.sub("", literal))
