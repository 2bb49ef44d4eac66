"""The two elements of the panel “Chat settings” that have behaviour of their own in the browser."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from app.conversations.schemas import MAX_SYSTEM_PROMPT_CHARS, ChatSettings, Params
from app.library.schemas import PresetView
from ui.i18n import Translator

NUMBERS = ("temperature", "top_p", "max_tokens", "min_tokens", "seed")
# Numbers of a browser are exact up to here.
MAX_SAFE = 2**53 - 1
# The schema says "above 0".
LEAST_TOP_P = 0.01
OPEN_SETTINGS = """() => window.dispatchEvent(new Event("chat-settings"))"""

_PANEL_LABELS = (
    "chat_settings", "close", "settings_for_this", "settings_for_new", "system_prompt", "system_prompt_none",
    "system_prompt_reset", "about_system_prompt", "about_usual_prompt", "parameters", "by_default", "reset",
    "reset_all", "stop_words", "stop_none", "stop_wrong", "about_stop", "must_be_whole", "must_be_number",
    "must_be_shorter", "not_saved", "saving", "saved", *NUMBERS, *(f"about_{name}" for name in NUMBERS),
)  # fmt: skip
_PRESET_LABELS = (
    "preset", "preset_none", "presets_empty", "preset_is_default", "preset_name", "preset_replace", "preset_save",
    "preset_not_default", "preset_make_default", "preset_delete_sure", "delete", "save", "cancel",
)  # fmt: skip


def bounds() -> dict[str, list[float]]:
    """Least and most of each parameter, as the schema has them."""
    properties = Params.model_json_schema()["properties"]
    found: dict[str, list[float]] = {"system_prompt": [0, MAX_SYSTEM_PROMPT_CHARS]}
    for name in NUMBERS:
        told = next(kind for kind in properties[name]["anyOf"] if kind["type"] != "null")
        least, most = told.get("minimum", LEAST_TOP_P), told.get("maximum", MAX_SAFE)
        found[name] = [max(least, -MAX_SAFE), min(most, MAX_SAFE)]
    return found


class SettingsPanel(ui.element, component="settings_panel.js"):
    """Emits `save` with {subject, number, system_prompt, params}, `count` with a system prompt, and `shown`."""

    def __init__(self, t: Translator) -> None:
        super().__init__()
        self._given = 0
        self.props["labels"] = {key: t(key) for key in _PANEL_LABELS}
        self.props.update(
            bounds=bounds(), subject="", values=_values(ChatSettings()), usual="", given=0, cost="", saved=0, refused={}
        )

    def give(self, subject: str, settings: ChatSettings, usual: str) -> None:
        """Show these; what is in the fields belongs to what was shown before. `usual`: the system prompt that counts
        where none is written."""
        self._given += 1
        values = _values(settings)
        self.props.update(subject=subject, values=values, usual=usual, given=self._given, saved=0, refused={})

    def accept(self, number: int, usual: str) -> None:
        """The change with this number is kept."""
        self.props.update(saved=number, usual=usual, refused={})

    def refuse(self, number: int, name: str, words: str) -> None:
        """It is not, for a reason that belongs to the field `name`, if to one."""
        self.props["refused"] = {"number": number, "name": name, "words": words}

    def show_cost(self, words: str) -> None:
        """How long the system prompt is."""
        self.props["cost"] = words


class PresetBar(ui.element, component="preset_bar.js"):
    """Emits `choose` and `remove` with the id of a preset, `keep` with {id, name}, `mark` with {id, is_default}."""

    def __init__(self, t: Translator) -> None:
        super().__init__()
        self.props["labels"] = {key: t(key) for key in _PRESET_LABELS}
        self.props.update(items=[], chosen="", said={"words": "", "wrong": False})

    def show(self, presets: Sequence[PresetView], chosen: str) -> None:
        """All of them, and the id of the one that the settings are like."""
        items = [{"id": str(one.id), "name": one.name, "is_default": one.is_default} for one in presets]
        if self.props["items"] != items or self.props["chosen"] != chosen:
            self.props.update(items=items, chosen=chosen)

    def say(self, words: str, *, wrong: bool = False) -> None:
        """What became of it."""
        self.props["said"] = {"words": words, "wrong": wrong}


def _values(settings: ChatSettings) -> dict[str, Any]:
    return {"system_prompt": settings.system_prompt, "params": settings.params.model_dump(exclude_none=True)}
