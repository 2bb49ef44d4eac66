"""Section “API keys”: the keys of this account, a new one, and the end of one."""

from nicegui import ui

from app.auth.schemas import KeyView
from app.db import now
from ui.components.dialogs import confirm
from ui.components.safely import Safely
from ui.components.settings_loaded import Loaded
from ui.components.settings_new_key import ask_new_key, show_new_key
from ui.components.settings_visit import Visit
from ui.elements import button, named, text


class KeysSection:
    """Newest first. The keys themselves are stored nowhere; a new one is shown once."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely = visit, safely
        self._new = button(visit.t("new_key"), safely(self._create), classes="button primary", symbol="new")
        self._keys = Loaded(visit, self._read, self._draw)
        self.refresh = self._keys.refresh

    async def _read(self) -> list[KeyView]:
        return await self._visit.services.keys.list(self._visit.user)

    def _draw(self, keys: list[KeyView]) -> None:
        if not keys:
            text(self._visit.t("keys_empty"), "empty-note", "p")
            return
        with named(ui.element("ul").classes("keys"), self._visit.t("settings_keys")):
            for key in keys:
                self._row(key)

    def _row(self, key: KeyView) -> None:
        visit, t = self._visit, self._visit.t

        async def revoke() -> None:
            await self._revoke(key, ender)

        with ui.element("li"):
            with ui.element("div"):
                with ui.element("p").classes("key-name"):
                    text(key.name, tag="strong")
                    for scope in key.scopes:
                        text(t(f"scope_{scope}"), "badge")
                    if key.expires_at is not None and key.expires_at <= now():
                        text(t("key_expired"), "badge badge-danger")
                with ui.element("p").classes("key-facts"):
                    text(f"{key.prefix}…", tag="code")
                    text(t("key_created", day=visit.day(key.created_at)))
                    used = key.last_used_at
                    text(t("key_used", moment=visit.moment(used)) if used else t("key_unused"))
                    text(t("key_expires", day=visit.day(key.expires_at)) if key.expires_at else t("key_no_expiry"))
            ender = button(t("revoke"), self._safely(revoke), classes="button")
            named(ender, f"{t('revoke')}: {key.name}")

    async def _create(self) -> None:
        created = await ask_new_key(self._visit)
        if created is not None:
            await self.refresh()
            await show_new_key(self._visit, created)
        self._visit.focus(self._new)

    async def _revoke(self, key: KeyView, opener: ui.element) -> None:
        t = self._visit.t
        with self._visit.client.layout:
            sure = await confirm(t, t("revoke_title"), key.name, t("revoke_text"), t("revoke"))
        if not sure:
            self._visit.focus(opener)
            return
        await self._safely.run(lambda: self._visit.services.keys.revoke(self._visit.user, key.id))
        await self.refresh()
        self._visit.focus(self._new)
