"""Section “Usage”: who uses how much, by user, model and day."""

from datetime import timedelta
from typing import cast
from uuid import UUID

from nicegui import ui

from app.db import now
from app.request_log.repository import Filter, Group
from app.request_log.schemas import UsageView
from ui.components.admin_people import People
from ui.components.admin_table import choice, number, table
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.elements import text
from ui.theme import icon

GROUPS = ("user", "model", "day")
DAYS = (1, 7, 30)
FIGURES = ("requests", "failed", "refused", "prompt_tokens", "cached_tokens", "completion_tokens")


class AdminUsageSection:
    """The greatest use of tokens first, days in order."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._people = visit, People(visit)
        self._group, self._days = GROUPS[0], DAYS[-1]
        t = visit.t
        with ui.element("div").classes("filters"):
            choice(t("usage_by"), {group: t(f"by_{group}") for group in GROUPS}, self._group, self._choose_group)
            choice(t("period"), {str(days): t(f"days_{days}") for days in DAYS}, str(self._days), self._choose_days)
            with ui.element("a").classes("button").props("download") as self._file:
                icon("down")
                text(t("as_csv"), "label")
        self._loaded = Loaded(visit, self._read, self._draw)

    async def refresh(self) -> None:
        """Read it anew."""
        self._file.props["href"] = f"/api/admin/usage.csv?group={self._group}&days={self._days}"
        await self._loaded.refresh()

    async def _choose_group(self, group: str) -> None:
        self._group = group
        await self.refresh()

    async def _choose_days(self, days: str) -> None:
        self._days = int(days)
        await self.refresh()

    async def _read(self) -> list[UsageView]:
        wanted = Filter(since=now() - timedelta(days=self._days))
        found = await self._visit.services.request_log.usage(self._visit.user, cast(Group, self._group), wanted)
        if self._group == "user":
            await self._people.learn(UUID(item.key) for item in found.items if item.key)
        return found.items

    def _draw(self, items: list[UsageView]) -> None:
        t = self._visit.t
        if not items:
            text(t("usage_none"), "empty-note", "p")
            return
        rows = [[self._name(item), *(number(getattr(item, figure)) for figure in FIGURES)] for item in items]
        columns = [t(f"by_{self._group}"), *(t(f"column_{figure}") for figure in FIGURES)]
        table(t("admin_usage"), columns, rows, numbers=len(FIGURES))

    def _name(self, item: UsageView) -> str:
        if self._group == "user":
            return self._people.name(UUID(item.key) if item.key else None)
        return item.key or "–"
