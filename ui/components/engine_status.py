"""What the engine is doing, in the header: stage, progress, reason, and which model it is."""

from nicegui import ui

from engine.base import EngineStatus, Stage
from ui.components.vue import ModelChoice
from ui.elements import set_text, text
from ui.i18n import Translator

_BUSY = {Stage.STARTING, Stage.DOWNLOADING, Stage.LOADING, Stage.WARMING, Stage.RESTARTING}


def stage_words(t: Translator, status: EngineStatus) -> str:
    """One stage in words."""
    if status.stage is Stage.DOWNLOADING and status.progress is not None:
        return t("stage_downloading_share", percent=round(100 * status.progress))
    if status.stage is Stage.RESTARTING and status.retry_seconds:
        return t("stage_restarting_in", seconds=status.retry_seconds)
    return t(f"stage_{status.stage.value}")


class EngineStatusLine:
    """Model name and stage; with `several` models a choice of them, which tells both."""

    def __init__(self, t: Translator, *, several: bool = False) -> None:
        self._t = t
        self.choice: ModelChoice | None = None
        with ui.element("div").classes("engine") as self.root:
            ui.element("span").classes("engine-dot").props("aria-hidden=true")
            if several:
                self.choice = ModelChoice(t)
            else:
                self.root.props["role"] = "status"
            self._name = text("", "engine-name")
            self._demo = text(t("demo"), "badge")
            self._demo.props["title"] = t("demo_title")
            self._stage = text("", "engine-stage")

    def show(self, status: EngineStatus, model: str, is_demo: bool) -> None:
        """Bring it up to date."""
        words = stage_words(self._t, status)
        reason = status.detail if status.stage in (Stage.FAILED, Stage.RESTARTING) else ""
        kind = "ready" if status.stage is Stage.READY else "busy" if status.stage in _BUSY else "down"
        self.root.props["data-stage"] = kind
        self.root.props["title"] = f"{words}: {reason}" if reason else f"{model} · {words}" if model else words
        self._demo.set_visibility(is_demo)
        if self.choice is not None:
            return
        set_text(self._name, model)
        set_text(self._stage, f"{words}: {reason}" if reason else words)
