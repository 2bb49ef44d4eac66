"""What the reader thinks of an answer: two buttons, and a comment on request."""

from typing import Literal
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.conversations.schemas import MAX_COMMENT_CHARS, FeedbackView
from ui.components.message_actions import MessageActions
from ui.elements import ONCE, button, icon_button, named, text
from ui.i18n import Translator

Value = Literal["up", "down"]
_NAMES: dict[Value, str] = {"up": "good_answer", "down": "bad_answer"}
_FORM_COMMENT = "(event) => { event.preventDefault(); emit(new FormData(event.target).get('comment')); }"


class Rating:
    """The buttons stand where it is built; `show_comment` says where the comment goes."""

    def __init__(self, t: Translator, message_id: UUID, actions: MessageActions) -> None:
        self._t, self._message_id, self._actions = t, message_id, actions
        self._feedback: FeedbackView | None = None
        self._buttons = {value: self._button(value) for value in _NAMES}
        self._place: ui.element | None = None
        self.show(None)

    def _button(self, value: Value) -> ui.element:
        pressed = icon_button(self._t(_NAMES[value]), f"thumb-{value}", classes="tool rate")
        return pressed.on("click", lambda: self._press(value), js_handler=ONCE)

    def below(self) -> None:
        """The comment is shown here."""
        self._place = ui.element("div").classes("rating")

    def set_visible(self, visible: bool) -> None:
        """Only what was said can be rated."""
        for pressed in self._buttons.values():
            pressed.set_visibility(visible)

    def show(self, feedback: FeedbackView | None) -> None:
        """What is stored."""
        self._feedback = feedback
        for value, pressed in self._buttons.items():
            pressed.props["aria-pressed"] = str(feedback is not None and feedback.value == value).lower()
        if self._place is None:
            return
        self._place.clear()
        if feedback is not None and feedback.comment:
            with self._place:
                button(feedback.comment, self._open, classes="rating-comment", symbol="pen")

    async def _press(self, value: Value) -> None:
        """Once for it, twice for nothing."""
        again = self._feedback is not None and self._feedback.value == value
        feedback = None if again else FeedbackView(value=value, comment="")
        if await self._keep(feedback) and feedback is not None:
            self._open()

    def _open(self) -> None:
        if self._place is None or self._feedback is None:
            return
        t = self._t
        self._place.clear()
        with self._place, ui.element("form").classes("rating-form") as form:
            text(t("tell_us_more"), tag="label")
            field = named(ui.element("textarea").classes("input").props("name=comment rows=2"), t("tell_us_more"))
            # `value` would be written back by every later update of the page.
            field.props.update(defaultValue=self._feedback.comment, maxlength=MAX_COMMENT_CHARS)
            field.props["placeholder"] = t(f"tell_us_{self._feedback.value}")
            text(t("rating_readers"), "rating-readers", "small")
            with ui.element("div").classes("editor-buttons"):
                button(t("close"), lambda: self.show(self._feedback), classes="button small")
                with ui.element("button").classes("button small primary").props("type=submit"):
                    text(t("save_comment"))
        form.on("submit", self._submit, js_handler=_FORM_COMMENT)

    async def _submit(self, event: GenericEventArguments) -> None:
        if self._feedback is not None:
            await self._keep(FeedbackView(value=self._feedback.value, comment=str(event.args).strip()))

    async def _keep(self, feedback: FeedbackView | None) -> bool:
        kept = await self._actions.rate(self._message_id, feedback)
        if kept:
            self.show(feedback)
        return kept
