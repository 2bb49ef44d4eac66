"""Section “Users”: who has an account, what they may do, and their end."""

from typing import cast

from nicegui import ui

from app.auth.schemas import ManagedUser, Role, UserChange, UserPage
from ui.components.admin_limits import ask_limits
from ui.components.admin_paged import Paged
from ui.components.admin_table import Cell, choice, search, table
from ui.components.dialogs import confirm
from ui.components.safely import Action, Safely
from ui.components.settings_visit import Visit
from ui.elements import button, named

ROLES = ("admin", "member", "viewer")


class UsersSection:
    """Newest first."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely = visit, safely
        self._words = ""
        with ui.element("div").classes("filters"):
            search(visit.t("search_address"), self._search)
        self._paged = Paged(visit, self._read, self._draw, visit.t("users_none"))
        self.refresh = self._paged.refresh

    async def _search(self, words: str) -> None:
        self._words = words
        await self.refresh()

    async def _read(self, cursor: str | None) -> UserPage:
        return await self._visit.services.users.page(self._visit.user, self._words, cursor)

    def _draw(self, items: list[ManagedUser]) -> None:
        t = self._visit.t
        columns = [t(f"column_{name}") for name in ("user", "role", "since", "state", "actions")]
        table(t("admin_users"), columns, [self._row(item) for item in items], numbers=0)

    def _row(self, item: ManagedUser) -> list[Cell]:
        t = self._visit.t
        state = t("user_active") if item.is_active else t("user_disabled")
        return [
            item.email,
            lambda: self._role(item),
            self._visit.day(item.created_at),
            state,
            lambda: self._tools(item),
        ]

    def _role(self, item: ManagedUser) -> None:
        async def change(role: str) -> None:
            await self._change(item, UserChange(role=cast(Role, role)))

        element = choice("", {role: self._visit.t(f"role_{role}") for role in ROLES}, item.role, change)
        named(element, f"{self._visit.t('column_role')}: {item.email}")

    def _tools(self, item: ManagedUser) -> None:
        t = self._visit.t

        async def switch() -> None:
            await self._change(item, UserChange(is_active=not item.is_active))

        async def limits() -> None:
            await ask_limits(self._visit, f"user:{item.id}", item.email)

        async def remove_factor() -> None:
            await self._change(item, UserChange(remove_totp=True))

        with ui.element("div").classes("row-tools"):
            self._tool(item, t("disable") if item.is_active else t("enable"), switch)
            self._tool(item, t("limits"), limits)
            if item.totp_enabled:
                self._tool(item, t("remove_factor"), remove_factor)
            self._tool(item, t("delete"), lambda: self._delete(item), "button small danger")

    def _tool(self, item: ManagedUser, name: str, action: Action, classes: str = "button small") -> None:
        named(button(name, self._safely(action), classes=classes), f"{name}: {item.email}")

    async def _change(self, item: ManagedUser, change: UserChange) -> None:
        async def work() -> None:
            changed = await self._visit.services.users.change(self._visit.user, item.id, change)
            if not changed.is_active:
                await self._visit.services.generations.stop_all_of(item.id)

        await self._safely.run(work)
        await self.refresh()

    async def _delete(self, item: ManagedUser) -> None:
        t, services = self._visit.t, self._visit.services
        with self._visit.client.layout:
            sure = await confirm(t, t("delete_user_title"), item.email, t("delete_user_text"), t("delete"))
        if sure:
            await services.users.delete(self._visit.user, item.id)
            await services.generations.stop_all_of(item.id)
            await self.refresh()
