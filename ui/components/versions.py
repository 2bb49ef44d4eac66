"""`‹ 2 / 3 ›` at a message that has siblings: which one is shown, and the way to the others."""

from collections.abc import Awaitable, Callable
from typing import Literal

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from ui.elements import icon_button, named, set_text, text
from ui.i18n import Translator

Direction = Literal["previous", "next"]
STEPS: dict[Direction, int] = {"previous": -1, "next": 1}
_SYMBOLS = {"previous": "left", "next": "right"}


class Versions:
    """Nothing while there is only one version. `switch` is told the direction."""

    def __init__(self, t: Translator, switch: Callable[[Direction], Awaitable[None]]) -> None:
        self._t, self._switch = t, switch
        self._buttons: dict[Direction, ui.element] = {}
        self._place: TextElement | None = None
        self._root = ui.element("div").classes("versions")

    def show(self, number: int, count: int) -> None:
        """Version `number` of `count`, from 1."""
        if count == 1:
            return
        if self._place is None:
            self._place = self._build()
        set_text(self._place, place_words(number, count))
        self._buttons["previous"].props.set_bool("disabled", number == 1)
        self._buttons["next"].props.set_bool("disabled", number == count)

    def _build(self) -> TextElement:
        named(self._root.props("role=group"), self._t("versions"))
        with self._root:
            self._button("previous")
            place = text("", "versions-place").props("aria-live=polite")
            self._button("next")
        return place

    def _button(self, direction: Direction) -> None:
        button = icon_button(self._t(f"version_{direction}"), _SYMBOLS[direction], classes="icon-button version")
        button.props["data-version"] = direction
        self._buttons[direction] = button.on("click", lambda: self._switch(direction))


def place_words(number: int, count: int) -> str:
    """As it is shown and said."""
    return f"{number} / {count}"
