"""One answer: the model's name, its text, what state it is in, and what can be done with it."""

from typing import Any

from nicegui import ui

from ui.components.receipt import receipt_details, receipt_line
from ui.elements import button, named, set_text, text
from ui.i18n import Translator
from ui.markdown_view import MarkdownView, safe_html


class Answer:
    """The elements of an answer; what happens to it is told by whoever follows it."""

    def __init__(self, t: Translator, model: str, *, is_demo: bool) -> None:
        self._t = t
        self._view: MarkdownView | None = None
        self._thoughts: MarkdownView | None = None
        self._article = ui.element("article").classes("answer")
        with self._article:
            with ui.element("div").classes("answer-name"):
                self._name = text("")
                self._demo = text(t("demo"), "badge")
            self._reasoning = ui.element("div")
            self._body = ui.element("div")
            self._state = text("", "state", "p").props("role=status")
            self._note = text("", "note", "p")
            self._foot = ui.element("div")
        self.set_model(model, is_demo=is_demo)
        self.set_state("")
        self.set_note("")

    def set_model(self, model: str, *, is_demo: bool) -> None:
        """Who answers; known late when the model is still loading."""
        named(self._article, model or self._t("ai"))
        set_text(self._name, model or self._t("ai"))
        self._demo.set_visibility(is_demo)

    def show_stored(self, html: str) -> None:
        """A finished answer, rendered as a whole."""
        with self._body:
            safe_html(html).classes("prose")

    def begin(self) -> None:
        """Text will come."""
        self._article.props["aria-busy"] = "true"

    def feed(self, content: str) -> None:
        """Add text; `flush` shows it."""
        if self._view is None:
            with self._body:
                self._view = MarkdownView(self._t("copy_code"))
        self._view.feed(content)

    def feed_reasoning(self, content: str) -> None:
        """Add to what the model thinks before it answers."""
        if self._thoughts is None:
            with self._reasoning, ui.element("details").classes("reasoning"):
                text(self._t("reasoning"), tag="summary")
                self._thoughts = MarkdownView(self._t("copy_code"))
        self._thoughts.feed(content)

    def flush(self) -> None:
        """Show what was added since."""
        for view in (self._thoughts, self._view):
            if view is not None:
                view.show()

    def set_state(self, words: str) -> None:
        """What is happening now; empty when nothing is."""
        set_text(self._state, words)
        self._state.set_visibility(bool(words))

    def set_note(self, words: str, *, error: bool = False) -> None:
        """How it ended, when not as usual."""
        set_text(self._note, words)
        self._note.classes(add="note-error" if error else "", remove="" if error else "note-error")
        self._note.set_visibility(bool(words))

    def end(self, source: str, receipt: dict[str, Any] | None) -> None:
        """Nothing more will come: show the last of it, the buttons and the receipt."""
        for view in (self._thoughts, self._view):
            if view is not None:
                view.finish()
        self.set_state("")
        self._article.props.pop("aria-busy", None)
        # Here the browser finds the Markdown source to copy without asking the server.
        self._article.props["data-source"] = source
        with self._foot:
            self._tools(source, receipt)

    def _tools(self, source: str, receipt: dict[str, Any] | None) -> None:
        t = self._t
        with ui.element("div").classes("tools"):
            if source:
                with ui.element("button").classes("tool copy").props("type=button data-copy"):
                    ui.element("span").classes("icon icon-copy").props("aria-hidden=true")
                    text(t("copy"), "label")
            if receipt is None:
                return
            opener = button(t("details"), lambda: toggle_details(), classes="tool", symbol="info")  # noqa: PLW0108
            text(receipt_line(t, receipt), "receipt-line")
        details = receipt_details(t, receipt)

        def toggle_details() -> None:
            details.set_visibility(not details.visible)
            opener.props["aria-expanded"] = str(details.visible).lower()

        toggle_details()
