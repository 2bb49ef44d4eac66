"""Section “Overview”: the engines now, in figures that come anew while somebody looks."""

from nicegui import ui

from app.observability.engine_state import EngineState, ModelState
from ui.components.settings_loaded import Loaded
from ui.components.settings_usage import WhileVisible
from ui.components.settings_visit import Visit
from ui.elements import text

REFRESH_SECONDS = 2
GIB = 1 << 30


class Overview:
    """A tile per figure; what no engine tells has none."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._state = Loaded(visit, self._read, self._draw)
        self.refresh = self._state.refresh
        WhileVisible(REFRESH_SECONDS).on("tick", self._state.tick)

    async def _read(self) -> EngineState:
        return await self._visit.services.engine_states.state(self._visit.user)

    def _draw(self, state: EngineState) -> None:
        t = self._visit.t
        for model in state.models:
            self._model(model)
        with ui.element("dl").classes("tiles"):
            _tile(t("active_users"), f"{state.active_users:,}")
            _tile(t("in_engine"), f"{sum(model.running for model in state.models):,}")
            _tile(t("in_queue"), f"{sum(model.waiting for model in state.models):,}")
            if state.written_per_second is not None:
                _tile(t("written_per_second"), f"{state.written_per_second:,.0f}")
            if state.read_per_second is not None:
                _tile(t("read_per_second"), f"{state.read_per_second:,.0f}")
            if state.kv_cache_usage is not None:
                _tile(t("kv_cache"), f"{state.kv_cache_usage:.0%}")
            if state.prefix_cache_hits is not None:
                _tile(t("prefix_hits"), f"{state.prefix_cache_hits:.0%}")
            if state.preemptions is not None:
                _tile(t("preemptions"), f"{state.preemptions:,}")
            for gpu in state.gpus:
                used = f"{gpu.memory_used / GIB:.1f} / {gpu.memory_total / GIB:.0f} GiB"
                parts = [f"{gpu.utilization} %" if gpu.utilization is not None else "", used]
                parts += [f"{gpu.power:.0f} W" if gpu.power is not None else ""]
                parts += [f"{gpu.temperature} °C" if gpu.temperature is not None else ""]
                _tile(f"GPU {gpu.index}", " · ".join(filter(None, parts)))

    def _model(self, model: ModelState) -> None:
        t = self._visit.t
        kind = "ready" if model.stage == "ready" else "down" if model.stage in ("failed", "stopped") else "busy"
        with ui.element("div").classes("engine model-state") as line:
            line.props["data-stage"] = kind
            ui.element("span").classes("engine-dot").props("aria-hidden=true")
            text(model.model or model.name or t("ai"), "engine-name")
            text(t(f"stage_{model.stage}"), "engine-stage")
            if model.restarts:
                text(t("restarts", count=model.restarts), "badge")
            if model.detail and kind != "ready":
                text(model.detail, "model-detail")


def _tile(name: str, value: str) -> None:
    with ui.element("div"):
        text(name, tag="dt")
        text(value, tag="dd")
