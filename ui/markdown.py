"""Markdown to safe HTML, block by block.

Never raises, never takes long: what is too large or too dense to parse is shown as plain, escaped text.
"""

import re
from typing import Any

from markdown_it.common.utils import escapeHtml

from ui.highlight import highlight, language_of
from ui.markdown_block import Block
from ui.markdown_blocks import Blocks
from ui.markdown_rules import CODE_LABELS, CodeLabels, build_parser, code_head
from ui.sanitize import clean, clean_row
from ui.tex import tex_html

MAX_PART = 4_000
MAX_DELIMITERS = 300  # in one part; more than a human or a model writes, and the parser is quadratic in some

_PARSER = build_parser()
_DELIMITERS = re.compile(r"[*_~`\[\]<>|$\\!&]")


class Renderer:
    """Renders parts of blocks. `env` holds the link definitions of the message."""

    def __init__(self, labels: CodeLabels, env: dict[str, Any] | None = None) -> None:
        self.labels = labels
        self.env: dict[str, Any] = {} if env is None else env
        self.env[CODE_LABELS] = labels

    def part(self, block: Block, source: str, *, growing: bool = False) -> str:
        """The inner HTML of one part of a block, sanitised. Code gets its colours when it no longer grows."""
        if growing:
            # Half a link definition must not be remembered.
            env, self.env = self.env, self.env | {"references": dict(self.env.get("references", {}))}
            try:
                return self._part(block, source, growing=True)
            finally:
                self.env = env
        return self._part(block, source, growing=False)

    def _part(self, block: Block, source: str, *, growing: bool) -> str:
        match block.kind:
            case "text":
                return clean(self._inline(source))
            case "list":
                return clean(self._item(source))
            case "table":
                return clean_row(self._row(block, source))
            case "code":
                return clean(highlight(source, "" if growing else language_of(self._info(block))))
            case "plain":
                return clean(escapeHtml(source))
            case "math":
                return clean(tex_html(source.strip(), display=True))
            case _:
                return clean(self._flow(source))

    def head(self, block: Block) -> str:
        """The inner HTML of what stands above the parts: the head of a table or of a code block."""
        if block.kind == "code":
            return clean(code_head(language_of(self._info(block)), self.labels))
        if block.kind == "table":
            return clean_row(self._between(block.head, "<tr>", "</tr>"))
        return ""

    def block(self, block: Block) -> str:
        """A whole block, the same as its parts one after the other."""
        parts = block.parts + ([block.tail] if block.tail else [])
        match block.kind:
            case "code":
                code = self.part(block, "".join(parts))
                head = f'<div class="code-head">{self.head(block)}</div>'
                return f'<div class="code">{head}<pre><code>{code}</code></pre></div>'
            case "table":
                rows = "".join(f"<tr>{self.part(block, row)}</tr>" for row in parts)
                head = f"<thead><tr>{self.head(block)}</tr></thead>"
                return f'<div class="table"><table>{head}<tbody>{rows}</tbody></table></div>'
            case "list":
                items = "".join(f"<li>{self.part(block, item)}</li>" for item in parts)
                return f"<ul>{items}</ul>" if block.start is None else f'<ol start="{block.start}">{items}</ol>'
            case "text" | "plain":
                spans = "".join(f"<span>{self.part(block, text)}</span>" for text in parts)
                return f"<p>{spans}</p>" if block.kind == "text" else f'<p class="plain">{spans}</p>'
            case _:
                return self.part(block, "".join(parts))

    @staticmethod
    def _info(block: Block) -> str:
        return block.head.strip().lstrip("`~")

    def _flow(self, source: str) -> str:
        if _is_heavy(source):
            return f'<p class="plain">{escapeHtml(source.strip())}</p>'
        return str(_PARSER.render(source, self.env))

    def _inline(self, source: str) -> str:
        end = "<br>" if source.endswith("\n") else " " if source.endswith(" ") else ""
        if _is_heavy(source):
            return escapeHtml(source)
        return str(_PARSER.renderInline(source.strip(" \n"), self.env)) + end

    def _item(self, source: str) -> str:
        if _is_heavy(source):
            return f'<p class="plain">{escapeHtml(source.strip())}</p>'
        tokens = _PARSER.parse(source, self.env)
        if len(tokens) > 3 and tokens[1].type == "list_item_open" and tokens[-2].type == "list_item_close":
            tokens = tokens[2:-2]
        return str(_PARSER.renderer.render(tokens, _PARSER.options, self.env))

    def _row(self, block: Block, source: str) -> str:
        return self._between(block.head + source, "<tbody>\n<tr>", "</tr>")

    def _between(self, table: str, opening: str, closing: str) -> str:
        if _is_heavy(table):
            return f"<td>{escapeHtml(table)}</td>"
        html = str(_PARSER.render(table, self.env))
        return html.partition(opening)[2].partition(closing)[0]


def _is_heavy(source: str) -> bool:
    return len(source) > MAX_PART or len(_DELIMITERS.findall(source)) > MAX_DELIMITERS


def render(text: str, labels: CodeLabels) -> str:
    """A whole message, as it looks after streaming."""
    blocks = Blocks()
    blocks.feed(text)
    blocks.finish()
    renderer = Renderer(labels, blocks.env)
    return "".join(f'<div class="md-block">{renderer.block(block)}</div>' for block in blocks.blocks)
