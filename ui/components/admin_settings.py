"""Section “Settings”: what the service was started with, and where each value comes from."""

from nicegui import ui

from app.observability.settings_in_force import SettingList, SettingView
from ui.components.admin_table import Cell, search, table
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.elements import text


class SettingsSection:
    """They change only with a start."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._words = visit, ""
        with ui.element("div").classes("filters"):
            search(visit.t("search_settings"), self._search)
        self._loaded = Loaded(visit, self._read, self._draw)
        self.refresh = self._loaded.refresh

    async def _search(self, words: str) -> None:
        self._words = words
        await self.refresh()

    async def _read(self) -> SettingList:
        return self._visit.services.settings_in_force.list(self._visit.user, self._words)

    def _draw(self, found: SettingList) -> None:
        t = self._visit.t
        if not found.items:
            text(t("settings_none"), "empty-note", "p")
            return
        columns = [t(f"column_{name}") for name in ("setting", "value", "source")]
        table(t("admin_settings"), columns, [self._row(item) for item in found.items], numbers=0)

    def _row(self, item: SettingView) -> list[Cell]:
        def value() -> None:
            text("–" if item.value is None else item.value, "cell-text", "code")

        return [lambda: _name(item.name), value, self._visit.t(f"source_{item.source}")]


def _name(name: str) -> None:
    text(name, tag="code")
