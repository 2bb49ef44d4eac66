"""How single Markdown tokens become HTML: links show their host, images become links, code gets a head."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from ui.highlight import highlight, language_of
from ui.markdown_math import math_plugin
from ui.markdown_structure import MAX_NESTING

CODE_LABELS = "code_labels"
DIAGRAM = "mermaid"
# Only what may stand in an address unescaped: a Korean particle right behind it is not part of it.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#@!$&*+,;=%]*[A-Za-z0-9\-_~/#$&*+=%]")


def build_parser() -> MarkdownIt:
    """The parser for everything a model writes."""
    md = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": MAX_NESTING})
    md.enable(["table", "strikethrough"]).use(math_plugin)
    md.core.ruler.push("links", _links)
    for name, rule in (("fence", _code), ("code_block", _code), ("link_host", _link_host), ("image", _image)):
        md.add_render_rule(name, rule)
    for cell in ("th_open", "td_open"):
        md.add_render_rule(cell, _cell)
    md.add_render_rule("table_open", lambda *_: '<div class="table"><table>')
    md.add_render_rule("table_close", lambda *_: "</table></div>")
    return md


@dataclass(frozen=True, slots=True)
class CodeLabels:
    """The names of the buttons above a code block; those without a name are not there."""

    copy: str = ""
    wrap: str = ""
    diagram: str = ""


def code_head(language: str, labels: CodeLabels) -> str:
    """Language and buttons above a code block."""
    diagram = labels.diagram if language.lower() == DIAGRAM else ""
    buttons = [("code-diagram", diagram), ("code-wrap", labels.wrap), ("code-copy", labels.copy)]
    html = f'<span class="code-lang">{escapeHtml(language)}</span>'
    for name, label in buttons:
        if label or name == "code-copy":
            shown = escapeHtml(label)
            html += f'<button class="{name}" type="button" aria-label="{shown}" title="{shown}"></button>'
    return html


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _links(state: StateCore) -> None:
    """Bare addresses become links; after a link whose text hides where it leads, its host is put."""
    for block in state.tokens:
        if block.type == "inline" and block.children and (":" in block.content or "[" in block.content):
            block.children = list(_linked(block.children))


def _shows(text: str, host: str) -> bool:
    """Whether a link's text is its own address. A host that only stands somewhere in it may hide the real one."""
    return re.match(rf"(https?://)?{re.escape(host)}($|[/:?#])", text, re.IGNORECASE) is not None


def _linked(tokens: Sequence[Token]) -> Iterator[Token]:
    host, text, depth = "", "", 0
    for token in tokens:
        if token.type == "link_open":
            host, text, depth = _host(str(token.attrGet("href") or "")), "", 1
        elif token.type == "link_close":
            depth = 0
            if host and not _shows(text, host):
                yield Token("link_host", "", 0, content=host)
        elif token.type == "text" and not depth and "://" in token.content:
            yield from _addresses(token.content)
            continue
        text += token.content
        yield token


def _addresses(text: str) -> Iterator[Token]:
    position = 0
    for match in _ADDRESS.finditer(text):
        yield Token("text", "", 0, content=text[position : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": match[0]})
        yield Token("text", "", 0, content=match[0])
        yield Token("link_close", "a", -1)
        position = match.end()
    yield Token("text", "", 0, content=text[position:])


def _link_host(_: RendererProtocol, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    return f'<span class="link-host">{escapeHtml(tokens[index].content)}</span>'


def _image(_: RendererProtocol, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    url = str(tokens[index].attrGet("src") or "")
    host = _host(url)
    text = tokens[index].content or host or url
    link_host = f'<span class="link-host">{escapeHtml(host)}</span>' if host and not _shows(text, host) else ""
    return f'<a class="image-link" href="{escapeHtml(url)}">{escapeHtml(text)}{link_host}</a>'


def _code(_: RendererProtocol, tokens: Sequence[Token], index: int, __: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    language = language_of(token.info)
    head = code_head(language, env.get(CODE_LABELS, CodeLabels()))
    body = highlight(token.content, language)
    return f'<div class="code"><div class="code-head">{head}</div><pre><code>{body}</code></pre></div>'


def _cell(_: RendererProtocol, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    style = str(tokens[index].attrGet("style") or "")
    align = f' class="align-{style.removeprefix("text-align:")}"' if style else ""
    return f"<{tokens[index].tag}{align}>"
