"""A conversation on a plain HTML page: to print, or to show to whoever has the link. It needs no live connection."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.transfer.schemas import Written
from ui.attachments import TextFile, pieces
from ui.i18n import Translator
from ui.markdown import render
from ui.markdown_rules import CodeLabels
from ui.static_files import static_url
from ui.templating import page

# Stricter than that of the other pages: they hold no text of users, these do. So no nonce is put into them, which a
# text could come to hold, and the browser makes no code out of text.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
STYLES = tuple(map(static_url, ("tokens.css", "base.css", "icons.css", "forms.css", "markdown.css", "paper.css")))
SCRIPTS = tuple(map(static_url, ("theme.js", "clipboard.js", "thread_page.js", "install.js")))
# Links are opened many times in a short time; what was rendered lately is kept.
KEPT = 16


@dataclass(frozen=True, slots=True)
class Said:
    """One message as the page shows it. An answer has `html`, which has been through `ui.sanitize`; a question has
    `pieces`, texts and attachments, which are no HTML."""

    name: str
    pieces: tuple[str | TextFile, ...] = ()
    html: str = ""


class Renderings:
    """One per application. They take a processor of ours for their time: strangers get one of them."""

    def __init__(self) -> None:
        self._rendering = asyncio.Semaphore(1)
        self._kept: OrderedDict[Hashable, list[Said]] = OrderedDict()

    async def of(self, t: Translator, path: Sequence[Written], key: Hashable = None) -> list[Said]:
        """The messages, rendered off the event loop, which others' tokens share. What is asked for with a `key` is kept
        for the next one who asks for it, in the same language."""
        kept = None if key is None else self._kept.get((t.language, key))
        if kept is None:
            async with self._rendering:
                kept = await asyncio.to_thread(lambda: [_one(t, message) for message in path if message.content])
        if key is not None:
            self._kept[t.language, key] = kept
            self._kept.move_to_end((t.language, key))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept


def renderings(request: Request) -> Renderings:
    """Those of the running application."""
    found: Renderings = request.app.state.renderings
    return found


def _one(t: Translator, message: Written) -> Said:
    if message.role == "user":
        return Said(t("you"), pieces=tuple(pieces(message.content)))
    return Said(message.model or t("ai"), html=render(message.content, CodeLabels(t("copy_code"))))


def thread_page(request: Request, template: str, **values: Any) -> Response:
    """A page that holds what users have written. No other site learns its address, and no search engine keeps it."""
    response = page(request, template, **values, styles=STYLES, scripts=SCRIPTS)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
