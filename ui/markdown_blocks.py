"""Split growing Markdown into closed blocks and one open tail.

What is closed never changes again, so it is rendered once; only the tail is rendered anew while text arrives.
The places where the text is cut depend on the text alone and not on how it arrived: streaming and rendering a
stored message give the same blocks.
"""

import re

from ui.markdown_block import ITEM, Block
from ui.markdown_lines import MAX_TAIL, TEXT_PART, Lines
from ui.markdown_structure import Span, is_balanced, top_level

TEXT_STEP = 240
TEXT_FORCED = 960  # … and where it is cut even if something is open
_NEXT_ITEM = re.compile(r" {0,3}(?:([-+*])|\d{1,9}([.)])) +[^\s*_+-]")
_HEADING = re.compile(r" {0,3}#{1,6} +\S")
# What after an empty line and without indentation is no item.
_AFTER_BLANK = re.compile(r"[^\W\d_]|[|>\"'“‘(\[]|\d+[^\d.)]|\*\*\S|`[^`]|#{1,6} +\S")


class Blocks(Lines):
    """Feed text, read `blocks`; all but the last are closed."""

    def feed(self, text: str) -> None:
        """Append text as it arrives."""
        *lines, rest = text.split("\n")
        for line in lines:
            self._characters(line)
            self._end_line()
        self._characters(rest)

    def finish(self) -> None:
        """No more text will come."""
        if not self.blocks or self.blocks[-1].closed:
            return
        if self.blocks[-1].tail[self._line :]:
            self._end_line()
            self.blocks[-1].drop_line_end()
        if not self.blocks[-1].closed:
            self._close(self.blocks[-1])

    def _characters(self, text: str) -> None:
        """Add a piece of one line, stopping wherever a decision depends on the length."""
        while text:
            block = self._open()
            limit = min(self._next_cut, MAX_TAIL) if block.kind in ("flow", "text") else MAX_TAIL
            room = max(1, limit - len(block.tail))
            block.tail += text[:room]
            text = text[room:]
            if block.kind == "list" and not self._begun:
                self._begin_line(block)
                block = self.blocks[-1]
            if block.kind in ("flow", "text") and len(block.tail) >= self._next_cut:
                self._cut_paragraph(block)
            if len(block.tail) >= MAX_TAIL:
                self._cut_anywhere(block)

    def _begin_line(self, block: Block) -> None:
        """In a list, do not wait for the end of a line that has already told what it is."""
        line = block.tail[self._line :]
        item = ITEM.match(block.tail.lstrip("\r\n"))
        if not self._line or not line.strip() or item is None:
            return
        inside = len(line) - len(line.lstrip(" ")) >= item.end()
        next_item = _NEXT_ITEM.match(line)
        after = _AFTER_BLANK.match(line) if not self._last else _HEADING.match(line)
        same = next_item is not None and (next_item[1] or next_item[2]) == item[0].strip()[-1]
        self._begun = inside or same or after is not None
        if inside or not self._begun:
            return
        block.tail = block.tail[: self._line]
        if spans := top_level(block.tail, self.env):
            self._divide(block, spans)
        block = self.blocks[-1]
        if same and block.kind == "list":
            block.parts.append(block.tail)
            self._last = "list"
        else:
            self._close(block)
            block = self._open()
        block.tail, self._line = line, 0
        self._begun = True

    def _cut_paragraph(self, block: Block) -> None:
        tail = block.tail
        self._next_cut = len(tail) + TEXT_STEP
        prefix = self._prefix(block)
        spans = top_level(prefix + tail, {}, in_paragraph=bool(prefix))
        if not spans or spans[-1].kind != "paragraph":
            self._next_cut = len(tail) * 2
            return
        if len(spans) > 1:
            self._close_before_line(block, spans, prefix)
            return
        forced = len(tail) >= TEXT_FORCED
        cut = max(tail.rfind(" "), tail.rfind("\n")) + 1
        if not forced and not (tail[:cut].strip() and is_balanced(tail[:cut])):
            return
        cut = cut if tail[:cut].strip() else len(tail)
        block.kind = "text"
        block.parts.append(tail[:cut])
        block.tail = tail[cut:]
        self._line = max(0, self._line - cut)
        self._next_cut = max(TEXT_PART, len(block.tail) + TEXT_STEP)

    def _close_before_line(self, block: Block, spans: list[Span], prefix: str) -> None:
        """Close what stands before the unfinished line when that has begun a paragraph of its own."""
        if spans[-1].line != (prefix + block.tail).count("\n"):
            return
        if prefix:
            self._continue(block, spans, prefix.count("\n"))
        else:
            self._divide(block, spans)
        self._last = "paragraph"
