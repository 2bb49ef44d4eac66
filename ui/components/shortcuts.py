"""Keyboard shortcuts of the chat page, and their overview."""

from nicegui import ui

from ui.i18n import Translator

_LABELS = (
    "shortcuts", "close", "new_chat", "shortcut_search", "shortcut_sidebar", "shortcut_composer", "shortcut_stop",
    "shortcut_copy", "chat_settings", "settings", "shortcut_send", "shortcut_line", "shortcut_prompts",
)  # fmt: skip
SHOW_SHORTCUTS = """() => window.dispatchEvent(new Event("shortcuts"))"""


class Shortcuts(ui.element, component="shortcuts.js"):
    """Listens as long as the page is open."""

    def __init__(self, t: Translator) -> None:
        super().__init__()
        self.props["labels"] = {key: t(key) for key in _LABELS}
