"""What the model thinks before it answers: folded, with how long it took."""

from time import monotonic
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from ui.elements import set_text, text
from ui.i18n import Translator
from ui.markdown_rules import CodeLabels
from ui.markdown_view import MarkdownView, safe_html


def code_labels(t: Translator) -> CodeLabels:
    """The buttons above code."""
    return CodeLabels(t("copy_code"), t("wrap_code"), t("show_diagram"))


def thought_words(t: Translator, milliseconds: float | None) -> str:
    """How long it took; without figures where that is not known."""
    if milliseconds is None:
        return t("thought")
    seconds = max(1, round(milliseconds / 1000))
    return t("thought_second") if seconds == 1 else t("thought_seconds", seconds=f"{seconds:,}")


class Reasoning:
    """Built where it is to stand; nothing is there until there is something to show."""

    def __init__(self, t: Translator) -> None:
        self._t = t
        self._root = ui.element("div")
        self._summary: TextElement | None = None
        self._view: MarkdownView | None = None
        self._began = 0.0

    def begin(self) -> None:
        """It may come anew; what stands there stays until then."""
        self._view = None

    def feed(self, content: str) -> None:
        """Add to it; `show` shows it."""
        if self._view is None:
            self._began = monotonic()
            with self._open(self._t("thinking")):
                self._view = MarkdownView(code_labels(self._t))
        self._view.feed(content)

    def answered(self) -> None:
        """The answer itself has begun. Who came late has not seen how long it took."""
        if self._summary is not None and self._view is not None:
            seen = 1000 * (monotonic() - self._began)
            set_text(self._summary, thought_words(self._t, seen if seen >= 1000 else None))

    def show(self) -> None:
        """Bring the page up to date."""
        if self._view is not None:
            self._view.show()

    def finish(self, receipt: dict[str, Any] | None) -> None:
        """Nothing more will come. The receipt knows how long it took."""
        if self._view is not None:
            self._view.finish()
        if self._summary is not None:
            set_text(self._summary, thought_words(self._t, (receipt or {}).get("timing", {}).get("reasoning_ms")))

    def show_stored(self, html: str) -> None:
        """All of it, rendered; `finish` tells how long it took."""
        with self._open(self._t("thought")):
            safe_html(html).classes("prose")

    def _open(self, words: str) -> ui.element:
        self._root.clear()
        with self._root, ui.element("details").classes("reasoning") as details:
            self._summary = text(words, tag="summary")
        return details
