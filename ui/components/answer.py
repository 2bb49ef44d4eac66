"""One answer: the model's name, its text, what state it is in, and what can be done with it."""

from typing import Any
from uuid import UUID

from nicegui import ui

from ui.components.message_actions import MessageActions
from ui.components.rating import Rating
from ui.components.reasoning import Reasoning, code_labels
from ui.components.receipt import receipt_details, receipt_line
from ui.components.versions import Versions
from ui.components.vue import Frame
from ui.elements import ONCE, button, icon_button, named, set_text, text
from ui.i18n import Translator
from ui.markdown_view import MarkdownView, safe_html


class Answer:
    """The elements of an answer; what happens to it is told by whoever follows it."""

    def __init__(self, t: Translator, message_id: UUID, model: str, *, is_demo: bool, actions: MessageActions) -> None:
        self._t, self._message_id, self._actions = t, message_id, actions
        self._view: MarkdownView | None = None
        self.receipt: dict[str, Any] | None = None
        self.root = Frame().classes("answer")
        self.root.props["data-message"] = str(message_id)
        with self.root:
            with ui.element("div").classes("answer-name"):
                self._name = text("")
                self._demo = text(t("demo"), "badge")
            self.reasoning = Reasoning(t)
            self._body = ui.element("div").classes("said")
            self._state = text("", "state", "p").props("role=status")
            self._note = text("", "note", "p")
            with ui.element("div").classes("tools"):
                self.versions = Versions(t, lambda direction: actions.switch(message_id, direction))
                self._tools = ui.element("div").classes("tools-own")
                self.rating = Rating(t, message_id, actions)
                self._speak = icon_button(t("read_aloud"), "speaker", classes="tool rate")
                self._speak.props("data-speak aria-pressed=false")
                self._receipt = ui.element("div").classes("tools-own")
            self.rating.below()
            self._details = ui.element("div")
        self._set_said(False)
        self.set_model(model, is_demo=is_demo)
        self.set_state("")
        self.set_note("")

    def set_model(self, model: str, *, is_demo: bool) -> None:
        """Who answers; known late when the model is still loading."""
        self._model = model
        named(self.root, model or self._t("ai"))
        set_text(self._name, model or self._t("ai"))
        self._demo.set_visibility(is_demo)

    def _set_said(self, said: bool) -> None:
        """Whether there is anything to rate and to read."""
        self.rating.set_visible(said)
        self._speak.set_visibility(said)

    def show_stored(self, html: str) -> None:
        """A finished answer, rendered as a whole."""
        with self._body:
            safe_html(html).classes("prose")

    def begin(self) -> None:
        """Text will come, from the start; what stands there stays until then."""
        self._view = self.receipt = None
        self.reasoning.begin()
        for part in (self._tools, self._receipt, self._details):
            part.clear()
        self._set_said(False)
        self.set_note("")
        self.root.props["aria-busy"] = "true"

    def feed(self, content: str) -> None:
        """Add text; `flush` shows it."""
        if self._view is None:
            self._body.clear()
            self.reasoning.answered()
            with self._body:
                self._view = MarkdownView(code_labels(self._t))
        self._view.feed(content)

    def flush(self) -> None:
        """Show what was added since."""
        self.reasoning.show()
        if self._view is not None:
            self._view.show()

    def set_state(self, words: str) -> None:
        """What is happening now; empty when nothing is."""
        set_text(self._state, words)
        self._state.set_visibility(bool(words))

    def set_note(self, words: str, *, error: bool = False) -> None:
        """How it ended, when not as usual."""
        set_text(self._note, words)
        self._note.classes(add="note-error" if error else "", remove="" if error else "note-error")
        self._note.set_visibility(bool(words))

    def end(self, source: str, receipt: dict[str, Any] | None, *, unfinished: bool) -> None:
        """Nothing more will come: show the last of it, the buttons and the receipt."""
        self.reasoning.finish(receipt)
        if self._view is not None:
            self._view.finish()
        self.set_state("")
        self.root.props.pop("aria-busy", None)
        # Here the browser finds the Markdown source to copy without asking the server.
        source = source or self.root.props.get("data-source", "")
        self.root.props["data-source"] = source
        self.receipt = receipt
        t, actions, message_id = self._t, self._actions, self._message_id
        with self._tools:
            if source:
                with ui.element("button").classes("tool copy").props("type=button data-copy"):
                    ui.element("span").classes("icon icon-copy").props("aria-hidden=true")
                    text(t("copy"), "label")
            again = button(t("regenerate"), None, classes="tool", symbol="regenerate")
            again.on("click", lambda: actions.regenerate(message_id), js_handler=ONCE)
            if unfinished and actions.can_continue(self._model):
                further = button(t("continue"), None, classes="tool", symbol="continue")
                further.on("click", lambda: actions.continue_answer(message_id), js_handler=ONCE)
            brancher = icon_button(t("branch_new_chat"), "branch", classes="tool")
            brancher.on("click", lambda: actions.fork(message_id), js_handler=ONCE)
        self._set_said(bool(source))
        if receipt is not None:
            with self._receipt:
                self._show_receipt(receipt)

    def _show_receipt(self, receipt: dict[str, Any]) -> None:
        opener = button(self._t("details"), lambda: toggle_details(), classes="tool", symbol="info")  # noqa: PLW0108
        opener.props["aria-expanded"] = "false"
        text(receipt_line(self._t, receipt), "receipt-line")

        def toggle_details() -> None:
            shown = opener.props["aria-expanded"] == "true"
            self._details.clear()
            if not shown:
                with self._details:
                    receipt_details(self._t, receipt)
            opener.props["aria-expanded"] = str(not shown).lower()
