"""The last hours as charts, from the request log: TTFT, tokens, and how requests ended."""

from datetime import timedelta
from typing import Any

from nicegui import ui

from app.request_log.history import History
from ui.components.admin_table import choice, number
from ui.components.settings_loaded import Loaded
from ui.components.settings_usage import WhileVisible
from ui.components.settings_visit import Visit
from ui.elements import named, text

REFRESH_SECONDS = 15
HOURS = (1, 24, 168)
# Names and values of what is drawn together.
Lines = list[tuple[str, list[float | None]]]
COLORS = ("#0f766e", "#b45309", "#b42318")


class Charts:
    """Three charts over the same hours, and the same in words for who cannot see them."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._hours = visit, HOURS[0]
        t = visit.t
        spans = {str(hours): t(f"hours_{hours}") for hours in HOURS}
        with ui.element("div").classes("filters"):
            choice(t("period"), spans, str(self._hours), self._choose)
        self._loaded = Loaded(visit, self._read, self._draw, self._update)
        self.refresh = self._loaded.refresh
        WhileVisible(REFRESH_SECONDS).on("tick", self._loaded.tick)

    async def _choose(self, hours: str) -> None:
        self._hours = int(hours)
        await self.refresh()

    async def _read(self) -> History:
        return await self._visit.services.request_log.history(self._visit.user, timedelta(hours=self._hours))

    def _draw(self, history: History) -> None:
        t = self._visit.t
        self._summary = text("", "section-note", "p").props("role=status")
        self._charts: list[Any] = []
        with ui.element("div").classes("charts"):
            for key in ("ttft_ms", "tokens_per_second", "requests"):
                with ui.element("figure"):
                    text(t(f"chart_{key}"), tag="figcaption")
                    chart = ui.echart({}).classes("chart")
                    named(chart, t(f"chart_{key}")).props("role=img")
                    self._charts.append(chart)
        self._update(history)

    def _update(self, history: History) -> None:
        t, steps = self._visit.t, history.steps
        done, failed = sum(step.done for step in steps), sum(step.failed for step in steps)
        refused = sum(step.refused for step in steps)
        slowest = max((step.ttft_p95 for step in steps if step.ttft_p95 is not None), default=None)
        words = t(
            "chart_summary", done=number(done), failed=number(failed), refused=number(refused), slowest=number(slowest)
        )
        self._summary.set_text(words)
        pattern = "%H:%M" if self._hours <= 24 else "%m-%d %H:%M"
        moments = [step.at.astimezone(self._visit.zone).strftime(pattern) for step in steps]
        speed = [round(step.completion_tokens / history.seconds, 2) for step in steps]
        waits: Lines = [("p50", [step.ttft_p50 for step in steps]), ("p95", [step.ttft_p95 for step in steps])]
        tokens: Lines = [(t("tokens"), [*speed])]
        requests: Lines = [
            (t("status_done"), [step.done for step in steps]),
            (t("status_refused"), [step.refused for step in steps]),
            (t("status_error"), [step.failed for step in steps]),
        ]
        shapes = ((waits, False), (tokens, False), (requests, True))
        for chart, (lines, bars) in zip(self._charts, shapes, strict=True):
            chart.options.clear()
            chart.options.update(_options(moments, lines, bars=bars))
            chart.update()


def _options(moments: list[str], lines: Lines, *, bars: bool) -> dict[str, Any]:
    shape = {"type": "bar", "stack": "all"} if bars else {"type": "line", "symbolSize": 4, "connectNulls": True}
    return {
        "animation": False,
        "color": list(COLORS),
        "grid": {"left": 8, "right": 12, "top": 30, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemHeight": 8, "textStyle": {"color": "#8a857c"}},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {"type": "category", "data": moments, "axisLabel": {"color": "#8a857c"}},
        "yAxis": {
            "type": "value",
            "minInterval": 1,
            "axisLabel": {"color": "#8a857c"},
            "splitLine": {"lineStyle": {"color": "rgba(128,128,128,0.2)"}},
        },
        "series": [{"name": name, "data": values, **shape} for name, values in lines],
    }
