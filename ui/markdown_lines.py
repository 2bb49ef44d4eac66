"""What a finished line of Markdown closes; `ui.markdown_blocks` adds what can be known before its end."""

import re
from typing import Any

from ui.markdown_block import ITEM, Block, lines_of, shape
from ui.markdown_structure import Span, top_level

CODE_PART = 120  # characters of code that close a part, at the next line end
PLAIN_PART = 1_000
TEXT_PART = 240  # characters of one paragraph that close a part, at a space where nothing is open
QUOTE_PART = 400
MAX_TAIL = 3_000  # no list item grows longer than this
MAX_PIECES = 800  # blocks and parts of one message; what follows is plain text
LAZY_FROM = 300  # longer tails are parsed again only after they grew by half
_VERBATIM = ("code", "math", "plain")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_QUOTED_FENCE = re.compile(r"^[ >]*(?:```|~~~)", re.MULTILINE)
_MATH = re.compile(r" {0,3}(\$\$|\\\[)\s*$")


class Lines:
    """Collects lines into blocks. `env` collects link definitions."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.env: dict[str, Any] = {}
        self._pieces = 0  # in closed blocks
        self._reset()

    def _reset(self) -> None:
        self._line = 0  # where the unfinished line starts in the tail
        self._begun = False  # it has told what it is
        self._mid_line = False  # its beginning went into a closed part
        self._closer: re.Pattern[str] | None = None  # what ends the open code or formula
        self._next_cut = TEXT_PART
        self._next_parse = 0
        self._last = ""  # the kind of the last parsed block in the tail

    def _open(self) -> Block:
        if not self.blocks or self.blocks[-1].closed:
            self._pieces += 1 + (len(self.blocks[-1].parts) if self.blocks else 0)
            self.blocks.append(Block("plain" if self._pieces > MAX_PIECES else "flow"))
            self._reset()
        return self.blocks[-1]

    @staticmethod
    def _close(block: Block) -> None:
        if block.kind != "flow" and block.tail:
            block.parts.append(block.tail)
            block.tail = ""
        block.closed = True

    def _cut_anywhere(self, block: Block) -> None:
        """Nothing grows without bound, whatever it looks like afterwards."""
        if block.kind in _VERBATIM:
            block.parts.append(block.tail)
            block.tail, self._line, self._mid_line = "", 0, True
        else:
            self._close(block)

    @staticmethod
    def _prefix(block: Block) -> str:
        """What stands for the closed parts when the tail is parsed on its own."""
        if block.kind == "table":
            return block.head
        if block.kind == "text":
            return "x\n" if block.parts[-1].endswith("\n") else "x"
        return ""

    def _end_line(self) -> None:
        block = self._open()
        line = block.tail[self._line :]
        if block.kind not in _VERBATIM and self._fence(block, line):
            return
        block.tail += "\n"
        if block.kind in _VERBATIM:
            self._end_verbatim_line(block, line)
        elif line.strip():
            self._end_text_line(block, line)
        else:
            self._last = ""
            if block.kind in ("table", "text"):
                block.tail, block.foot = block.tail[: self._line], line + "\n"
                self._close(block)
        block, self._begun = self.blocks[-1], False
        if block.kind != "plain" and self._pieces + len(block.parts) > MAX_PIECES and not block.closed:
            self._close(block)
        self._line = len(block.tail)
        if self._line >= MAX_TAIL:
            self._cut_anywhere(block)

    def _fence(self, block: Block, line: str) -> bool:
        """Open a code block or a formula if the finished line does; list items keep theirs."""
        fence, formula = _FENCE.match(line), _MATH.match(line)
        item = ITEM.match(block.tail.lstrip("\r\n")) if block.kind == "list" else None
        if not (fence or formula) or (item and len(line) - len(line.lstrip(" ")) >= item.end()):
            return False
        block.tail = block.tail[: self._line]
        if block.source.strip():
            self._close(block)
            block = self._open()
        block.head, block.tail = block.tail + line + "\n", ""
        self._reset()
        if fence:
            block.kind = "code"
            self._closer = re.compile(rf" {{0,3}}{fence[1][0]}{{{len(fence[1])},}}\s*")
        elif formula:
            block.kind = "math"
            self._closer = re.compile(r"\s*\$\$\s*" if formula[1] == "$$" else r"\s*\\\]\s*")
        return True

    def _end_verbatim_line(self, block: Block, line: str) -> None:
        if self._closer and not self._mid_line and self._closer.fullmatch(line):
            block.tail, block.foot = block.tail[: self._line], line + "\n"
            self._close(block)
        elif len(block.tail) >= (PLAIN_PART if block.kind == "plain" else CODE_PART):
            block.parts.append(block.tail)
            block.tail = ""
        self._mid_line = False

    def _end_text_line(self, block: Block, line: str) -> None:
        """Close whatever the finished line has closed."""
        if len(block.tail) < self._next_parse or self._goes_on(block, line):
            return
        prefix = self._prefix(block)
        spans = top_level(prefix + block.tail, self.env, in_paragraph=block.kind == "text")
        if prefix:
            self._continue(block, spans, prefix.count("\n"))
        elif spans:
            self._divide(block, spans)
        elif block.tail.count("\n") > 1:
            block.closed = True  # nothing but link definitions
        block = self.blocks[-1]
        self._last = spans[-1].kind if spans and not block.closed else ""
        self._next_parse = len(block.tail) * 3 // 2 if len(block.tail) > LAZY_FROM else 0

    def _goes_on(self, block: Block, line: str) -> bool:
        """Spare the parser the lines that most likely continue what is open; looking later is never wrong."""
        if block.kind == "table" and line.startswith("|"):
            block.parts.append(block.tail)
            block.tail = ""
            return True
        if block.kind == "list":
            item = ITEM.match(block.tail.lstrip("\r\n"))
            inside = item is not None and len(line) - len(line.lstrip(" ")) >= item.end()
            return inside or (bool(self._last) and line[0].isalpha())
        if self._last == "blockquote" and line.startswith(">"):
            # Two quotations in a row look like one; only code must not be torn.
            if len(block.tail) > QUOTE_PART and len(_QUOTED_FENCE.findall(block.tail)) % 2 == 0:
                self._close(block)
            return True
        return self._last in ("paragraph", "blockquote") and line[0].isalpha()

    def _continue(self, block: Block, spans: list[Span], skip: int) -> None:
        """Go on with a table or a long paragraph; its tail begins after `skip` lines of prefix."""
        if len(spans) == 1:
            if block.kind == "table":
                block.parts.append(block.tail)
                block.tail = ""
            return
        lines = lines_of(block.tail)
        end = spans[1].line - skip
        rest = "".join(lines[end:])
        block.tail = "".join(lines[:end])
        self._close(block)
        block = self._open()
        block.tail = rest
        self._divide(block, top_level(rest, self.env))

    def _divide(self, block: Block, spans: list[Span]) -> None:
        """Give every parsed block its lines; the last one stays open."""
        lines = lines_of(block.tail)
        begin = 0
        for span, following in zip(spans, [*spans[1:], None], strict=True):
            end = following.line if following else len(lines)
            shape(block, span, lines, begin, end)
            begin = end
            if following:
                self._close(block)
                block = self._open()
