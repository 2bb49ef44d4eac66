"""Section “Usage”: every limit, how much of it is used, and when it is free again."""

from nicegui import ui

from app.limits.schemas import LimitUse
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.components.usage_bar import UsageBar
from ui.elements import button, named

REFRESH_SECONDS = 10


class WhileVisible(ui.element, component="while_visible.js"):
    """Emits `tick` while the page is visible."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.props["seconds"] = seconds


class UsageSection:
    """Brought up to date by a button, and by itself while somebody can see it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._bars: dict[str, UsageBar] = {}
        self._uses = Loaded(visit, self._read, self._draw, self._update)
        self.refresh = self._uses.refresh
        button(visit.t("refresh"), self.refresh, symbol="regenerate")
        WhileVisible(REFRESH_SECONDS).on("tick", self._uses.tick)

    async def _read(self) -> list[LimitUse]:
        return (await self._visit.services.limits.usage(self._visit.user)).limits

    def _draw(self, uses: list[LimitUse]) -> None:
        with named(ui.element("ul").classes("usage"), self._visit.t("settings_usage")):
            self._bars = {use.name: UsageBar(self._visit.t, self._visit.zone) for use in uses}
        self._update(uses)

    def _update(self, uses: list[LimitUse]) -> None:
        for use in uses:
            self._bars[use.name].show(use)
