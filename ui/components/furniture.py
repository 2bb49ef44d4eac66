"""What the chat page has besides its content: the way past the sidebar, the offline banner, keyboard shortcuts."""

from nicegui import ui

from ui.components.shortcuts import Shortcuts
from ui.elements import text
from ui.i18n import Translator

_TO_MESSAGE = """(event) => {
    event.preventDefault();
    document.querySelector("textarea[name=message]").focus();
}"""


def furniture(t: Translator) -> None:
    """To be built first: the way past the sidebar is where the keyboard begins."""
    text(t("skip_to_message"), "skip", "a").props("href=#message").on("click", js_handler=_TO_MESSAGE)
    with ui.element("div").classes("offline").props("role=alert"):
        text(t("offline"), "offline-lost")
        text(t("note_stopping"), "offline-stopping")
    Shortcuts(t)
