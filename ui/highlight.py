"""Code as HTML with CSS classes; too much or unknown code stays plain."""

import re
from functools import lru_cache

from markdown_it.common.utils import escapeHtml
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import LEXERS, get_lexer_by_name

MAX_HIGHLIGHTED = 12_000
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,30}")
# Asked for a language it does not know, pygments searches all installed packages for plug-ins: 25 ms each time.
_KNOWN = {alias for _, _, aliases, _, _ in LEXERS.values() for alias in aliases}
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def language_of(info: str) -> str:
    """The language named after an opening fence, if it looks like a name."""
    match = _LANGUAGE.match(info.strip().strip("{}"))
    return match[0] if match else ""


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    if language.lower() not in _KNOWN:
        return None
    return get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)


def highlight(code: str, language: str) -> str:
    """Escaped code with a span for each token."""
    lexer = _lexer(language) if language and len(code) <= MAX_HIGHLIGHTED else None
    if lexer is None:
        return escapeHtml(code)
    parts: list[str] = []
    _FORMATTER.format(lexer.get_tokens(code), _Sink(parts))
    return "".join(parts)


class _Sink:
    """The little of a file that the formatter needs."""

    def __init__(self, parts: list[str]) -> None:
        self.write = parts.append
