"""The last step of every rendering: nothing leaves but tags, attributes and classes from fixed lists.

No `id`, no `style`, nothing that loads anything, nothing that submits anything.
"""

import nh3
from pygments.token import STANDARD_TYPES

_ALIGN = {"align-left", "align-center", "align-right"}
_CLASSES = {
    "div": {"md-block", "code", "code-head", "table"},
    "span": {"code-lang", "link-host", "math", "math-display", "frac", "root", *STANDARD_TYPES.values()} - {""},
    "a": {"image-link"},
    "button": {"code-copy", "code-wrap", "code-diagram"},
    "p": {"plain"},
    "th": _ALIGN,
    "td": _ALIGN,
}
_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li"),
    *("em", "strong", "s", "a", "code", "pre", "span", "div", "button", "var", "sup", "sub"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}, "button": {"aria-label", "title"}},
    allowed_classes=_CLASSES,
    set_tag_attribute_values={"a": {"target": "_blank"}, "button": {"type": "button"}},
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)
_ROW_OPEN, _ROW_CLOSE = "<table><tbody><tr>", "</tr></tbody></table>"


def clean(html: str) -> str:
    """HTML that is safe to show, whatever came in."""
    return _CLEANER.clean(html)


def clean_row(cells: str) -> str:
    """The same for the cells of one table row, which mean nothing outside a table."""
    html = _CLEANER.clean(_ROW_OPEN + cells + _ROW_CLOSE)
    if html.startswith(_ROW_OPEN) and html.endswith(_ROW_CLOSE):
        return html[len(_ROW_OPEN) : -len(_ROW_CLOSE)]
    return ""
