"""Section “Audit log”: what was done to accounts, and by administrators."""

from typing import cast, get_args

from nicegui import ui

from app.audit.actions import Action
from app.audit.schemas import AuditPage, AuditView
from ui.components.admin_paged import Paged
from ui.components.admin_people import People
from ui.components.admin_table import choice, table
from ui.components.settings_visit import Visit

ALL = ""
COLUMNS = ("at", "action", "actor", "subject", "address", "detail")


class AuditSection:
    """Newest first."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._people, self._action = visit, People(visit), ALL
        actions = {ALL: visit.t("all")} | {action: action for action in sorted(get_args(Action))}
        with ui.element("div").classes("filters"):
            choice(visit.t("column_action"), actions, self._action, self._choose)
        self._paged = Paged(visit, self._read, self._draw, visit.t("audit_none"))
        self.refresh = self._paged.refresh

    async def _choose(self, action: str) -> None:
        self._action = action
        await self.refresh()

    async def _read(self, cursor: str | None) -> AuditPage:
        action = cast(Action, self._action) if self._action else None
        page = await self._visit.services.audit.page(self._visit.user, cursor, action=action)
        await self._people.learn(item.actor_id for item in page.items)
        return page

    def _draw(self, items: list[AuditView]) -> None:
        t = self._visit.t
        table(t("admin_audit"), [t(f"column_{name}") for name in COLUMNS], [self._row(one) for one in items], numbers=0)

    def _row(self, item: AuditView) -> list[str]:
        detail = ", ".join(f"{name}: {value}" for name, value in item.detail.items())
        actor = self._people.name(item.actor_id)
        return [
            self._visit.second(item.at),
            item.action,
            actor,
            item.subject or "–",
            item.address or "–",
            detail or "–",
        ]
