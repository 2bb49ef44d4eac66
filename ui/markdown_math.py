"""Formulas between `$…$`, `$$…$$`, `\\(…\\)` and `\\[…\\]`."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from ui.tex import tex_html

MAX_MATH = 1_000

# `$5 and $6` is money: the opening sign must touch what follows, the closing one what is before it and no digit.
_LENGTH = f"{{1,{MAX_MATH}}}?"
_DISPLAY = re.compile(rf"\$\$(.{_LENGTH})\$\$|\\\[(.{_LENGTH})\\\]", re.DOTALL)
_INLINE = re.compile(rf"\$(?![\s\d$])([^$\n]{_LENGTH})(?<![\s\\])\$(?!\d)|\\\((.{_LENGTH})\\\)", re.DOTALL)


def _rule(state: StateInline, silent: bool) -> bool:
    first = state.src[state.pos]
    if first not in "$\\":
        return False
    for name, pattern in (("math_display", _DISPLAY), ("math_inline", _INLINE)):
        match = pattern.match(state.src, state.pos, state.posMax)
        if match is None:
            continue
        if not silent:
            state.push(name, "", 0).content = (match[1] or match[2] or "").strip()
        state.pos = match.end()
        return True
    return False


def _render_inline(_: RendererProtocol, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    return tex_html(tokens[index].content, display=False)


def _render_display(_: RendererProtocol, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    return tex_html(tokens[index].content, display=True)


def math_plugin(md: MarkdownIt) -> None:
    """Recognise formulas before backslash escapes are taken away from them."""
    md.inline.ruler.before("escape", "math", _rule)
    md.add_render_rule("math_inline", _render_inline)
    md.add_render_rule("math_display", _render_display)
