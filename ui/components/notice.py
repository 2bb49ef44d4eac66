"""What went wrong, in words, right above the message field."""

from nicegui import ui

from app.errors import AppError, Unauthorized
from ui.elements import icon_button, set_text, text
from ui.feedback import words_for
from ui.i18n import Translator
from ui.theme import icon


class Notice:
    """Hidden until there is something to say."""

    def __init__(self, t: Translator) -> None:
        self._t = t
        with ui.element("div").classes("notice") as self._root:
            icon("alert")
            self._words = text("", "notice-words").props("role=alert")
            self._link = text(t("sign_in"), "button small", "a").props("href=/login")
            icon_button(t("dismiss"), "close").on("click", self.clear)
        self.clear()

    def show(self, error: AppError) -> None:
        """Say it."""
        set_text(self._words, words_for(self._t, error))
        self._link.set_visibility(isinstance(error, Unauthorized))
        self._root.set_visibility(True)

    def clear(self) -> None:
        """Say nothing."""
        set_text(self._words, "")
        self._root.set_visibility(False)
