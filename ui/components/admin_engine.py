"""One engine in the overview: its stage, its queue, and what an administrator may do to it."""

from nicegui import ui

from app.generations.engine_control import Action
from app.observability.engine_state import ModelState
from ui.components.dialogs import confirm
from ui.components.safely import Safely
from ui.components.settings_visit import Visit
from ui.elements import button, named, set_text, text

# How long a restart waits for the answers that run, in seconds; those that run longer go on after it.
WAIT_SECONDS = 300
ACTIONS: tuple[Action, ...] = ("pause", "drain", "restart", "resume")


class EngineLine:
    """Changed in its place: a button must not vanish under the pointer."""

    def __init__(self, visit: Visit, safely: Safely, model: ModelState) -> None:
        self._visit, self._safely, self._model = visit, safely, model
        with ui.element("div").classes("engine-ops"):
            with ui.element("div").classes("engine model-state").props("role=status") as self._line:
                ui.element("span").classes("engine-dot").props("aria-hidden=true")
                self._name = text("", "engine-name")
                self._stage = text("", "engine-stage")
                self._queue = text("", "badge")
                self._restarts = text("", "badge")
                self._detail = text("", "model-detail")
            with ui.element("div").classes("row-tools"):
                self._buttons = {action: self._button(action) for action in ACTIONS}
        self.show(model)

    def show(self, model: ModelState) -> None:
        """Bring it up to date."""
        t, self._model = self._visit.t, model
        stage, closed = model.stage, model.queue != "open"
        kind = "ready" if stage == "ready" else "down" if stage in ("failed", "stopped") else "busy"
        self._line.props["data-stage"] = "busy" if closed and kind == "ready" else kind
        set_text(self._name, self._words())
        set_text(self._stage, t(f"stage_{stage}"))
        set_text(self._queue, t(f"queue_{model.queue}", running=model.running, waiting=model.waiting) if closed else "")
        self._queue.set_visibility(closed)
        set_text(self._restarts, t("restarts", count=model.restarts))
        self._restarts.set_visibility(model.restarts > 0)
        set_text(self._detail, model.detail)
        self._detail.set_visibility(bool(model.detail) and kind != "ready")
        offered = {
            "pause": not closed,
            "drain": not closed or model.queue == "paused",
            "restart": not model.remote and model.queue != "restarting" and stage in ("ready", "failed"),
            "resume": closed,
        }
        for action, element in self._buttons.items():
            named(element, f"{t(f'engine_{action}')}: {self._words()}")
            element.set_visibility(offered[action])

    def _words(self) -> str:
        return self._model.model or self._model.name or self._visit.t("ai")

    def _button(self, action: Action) -> ui.element:
        async def act() -> None:
            if action == "resume" or await self._sure(action):
                await self._act(action)

        return button(self._visit.t(f"engine_{action}"), self._safely(act), classes="button small")

    async def _sure(self, action: Action) -> bool:
        t = self._visit.t
        with self._visit.client.layout:
            return await confirm(
                t, t(f"engine_{action}_title"), self._words(), t(f"engine_{action}_text"), t(f"engine_{action}")
            )

    async def _act(self, action: Action) -> None:
        services = self._visit.services
        name = self._model.name or None
        backend = services.engine_control.act(self._visit.user, action, name, WAIT_SECONDS)
        self.show(services.engine_states.model(backend))
