"""Section “Audit log”: what was done to accounts, and by administrators."""

from typing import cast, get_args

from nicegui import ui

from app.audit.actions import Action
from app.audit.schemas import AuditView
from ui.components.admin_people import People
from ui.components.admin_table import choice, more, table
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.elements import text

ALL = ""


class AuditSection:
    """Newest first."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._people = visit, People(visit)
        self._action = ALL
        self._items: list[AuditView] = []
        self._next: str | None = None
        actions = {ALL: visit.t("all")} | {action: action for action in sorted(get_args(Action))}
        with ui.element("div").classes("filters"):
            choice(visit.t("column_action"), actions, self._action, self._choose)
        self._loaded = Loaded(visit, self._first, self._draw)

    async def refresh(self) -> None:
        """From the newest on."""
        await self._loaded.refresh()

    async def _choose(self, action: str) -> None:
        self._action = action
        await self.refresh()

    async def _first(self) -> None:
        self._items, self._next = [], None
        await self._read()

    async def _further(self) -> None:
        await self._visit.safely(self._loaded.tell).run(self._read)
        self._loaded.draw_again(None)

    async def _read(self) -> None:
        action = cast(Action, self._action) if self._action else None
        page = await self._visit.services.audit.page(self._visit.user, self._next, action=action)
        await self._people.learn(item.actor_id for item in page.items)
        self._items, self._next = self._items + page.items, page.next

    def _draw(self, _: None) -> None:
        t, visit = self._visit.t, self._visit
        if not self._items:
            text(t("audit_none"), "empty-note", "p")
            return
        rows = [
            [
                visit.second(item.at),
                item.action,
                self._people.name(item.actor_id),
                item.subject or "–",
                item.address or "–",
                ", ".join(f"{name}: {value}" for name, value in item.detail.items()) or "–",
            ]
            for item in self._items
        ]
        columns = [t(f"column_{name}") for name in ("at", "action", "actor", "subject", "address", "detail")]
        table(t("admin_audit"), columns, rows, numbers=0)
        more(visit, self._further, self._next)
