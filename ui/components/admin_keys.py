"""Section “API keys”: everybody's, their limits, and the end of one."""

from nicegui import ui

from app.auth.schemas import ManagedKey, ManagedKeyPage
from app.db import now
from ui.components.admin_limits import ask_limits
from ui.components.admin_paged import Paged
from ui.components.admin_table import Cell, search, table
from ui.components.dialogs import confirm
from ui.components.safely import Action, Safely
from ui.components.settings_visit import Visit
from ui.elements import button, named, text

COLUMNS = ("user", "key", "scopes", "since", "expiry", "used", "actions")


class AllKeysSection:
    """Newest first."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely, self._words = visit, safely, ""
        with ui.element("div").classes("filters"):
            search(visit.t("search_owner"), self._search)
        self._paged = Paged(visit, self._read, self._draw, visit.t("all_keys_none"))
        self.refresh = self._paged.refresh

    async def _search(self, words: str) -> None:
        self._words = words
        await self.refresh()

    async def _read(self, cursor: str | None) -> ManagedKeyPage:
        return await self._visit.services.key_admin.page(self._visit.user, self._words, cursor)

    def _draw(self, items: list[ManagedKey]) -> None:
        t = self._visit.t
        table(t("admin_keys"), [t(f"column_{name}") for name in COLUMNS], [self._row(one) for one in items], numbers=0)

    def _row(self, key: ManagedKey) -> list[Cell]:
        visit, t, until = self._visit, self._visit.t, key.expires_at
        expiry = t("key_no_expiry") if until is None else t("key_expired") if until <= now() else visit.day(until)
        return [
            key.owner,
            lambda: _name(key),
            ", ".join(t(f"scope_{scope}") for scope in key.scopes),
            visit.day(key.created_at),
            expiry,
            visit.moment(key.last_used_at) if key.last_used_at else t("key_unused"),
            lambda: self._tools(key),
        ]

    def _tools(self, key: ManagedKey) -> None:
        t = self._visit.t

        async def limits() -> None:
            await ask_limits(self._visit, f"key:{key.id}", f"{key.name} ({key.owner})")

        with ui.element("div").classes("row-tools"):
            self._tool(key, t("limits"), limits)
            self._tool(key, t("revoke"), lambda: self._revoke(key), "button small danger")

    def _tool(self, key: ManagedKey, name: str, action: Action, classes: str = "button small") -> None:
        named(button(name, self._safely(action), classes=classes), f"{name}: {key.name} ({key.owner})")

    async def _revoke(self, key: ManagedKey) -> None:
        t = self._visit.t
        with self._visit.client.layout:
            sure = await confirm(t, t("revoke_title"), f"{key.name} ({key.owner})", t("revoke_text"), t("revoke"))
        if sure:
            await self._visit.services.key_admin.revoke(self._visit.user, key.id)
            await self.refresh()


def _name(key: ManagedKey) -> None:
    text(key.name)
    text(f" {key.prefix}…", tag="code")
