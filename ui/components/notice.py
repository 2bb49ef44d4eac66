"""What went wrong, in words, right above the message field."""

from nicegui import ui

from app.errors import AppError, Unauthorized
from ui.elements import icon_button, set_text, text
from ui.feedback import reason_for
from ui.i18n import Translator
from ui.theme import icon


class Countdown(ui.element, component="countdown.js"):
    """When it can be tried again."""

    def __init__(self, t: Translator) -> None:
        super().__init__()
        self._shown = 0
        self.props["labels"] = {key: t(key) for key in ("retry_after", "retry_at", "retry_now")}
        self.props.update(seconds=0, shown=0)

    def start(self, seconds: int) -> None:
        """From now on; 0: nothing to wait for."""
        self._shown += 1
        self.props.update(seconds=seconds, shown=self._shown)


class Notice:
    """Hidden until there is something to say."""

    def __init__(self, t: Translator) -> None:
        self._t = t
        with ui.element("div").classes("notice") as self._root:
            icon("alert")
            with ui.element("div").classes("notice-words"):
                self._words = text("").props("role=alert")
                self._countdown = Countdown(t)
            self._link = text(t("sign_in"), "button small", "a").props("href=/login")
            icon_button(t("dismiss"), "close").on("click", self.clear)
        self.clear()

    def show(self, error: AppError) -> None:
        """Say it."""
        set_text(self._words, reason_for(self._t, error))
        self._countdown.start(error.retry_after or 0)
        self._link.set_visibility(isinstance(error, Unauthorized))
        self._root.set_visibility(True)

    def clear(self) -> None:
        """Say nothing."""
        set_text(self._words, "")
        self._countdown.start(0)
        self._root.set_visibility(False)
