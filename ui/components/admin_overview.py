"""Section “Overview”: the engines now, in figures that come anew while somebody looks."""

from nicegui import ui

from app.observability.engine_state import EngineState
from ui.components.admin_engine import EngineLine
from ui.components.safely import Safely
from ui.components.settings_loaded import Loaded
from ui.components.settings_usage import WhileVisible
from ui.components.settings_visit import Visit
from ui.elements import text

REFRESH_SECONDS = 2
GIB = 1 << 30


class Overview:
    """A tile per figure; what no engine tells has none."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely = visit, safely
        self._state = Loaded(visit, self._read, self._draw, self._update)
        self.refresh = self._state.refresh
        WhileVisible(REFRESH_SECONDS).on("tick", self._state.tick)

    async def _read(self) -> EngineState:
        return await self._visit.services.engine_states.state(self._visit.user)

    def _draw(self, state: EngineState) -> None:
        self._lines = [EngineLine(self._visit, self._safely, model) for model in state.models]
        self._tiles = ui.element("dl").classes("tiles")
        self._update(state)

    def _update(self, state: EngineState) -> None:
        t = self._visit.t
        for line, model in zip(self._lines, state.models, strict=True):
            line.show(model)
        self._tiles.clear()
        with self._tiles:
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


def _tile(name: str, value: str) -> None:
    with ui.element("div"):
        text(name, tag="dt")
        text(value, tag="dd")
