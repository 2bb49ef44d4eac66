"""Section “Shared links”: which conversations others can read, and the end of that."""

from nicegui import ui

from app.db import now
from app.sharing.schemas import ShareView
from ui.components.dialogs import confirm
from ui.components.safely import Safely
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.elements import button, named, text


class SharesSection:
    """Newest first, the expired ones, too. New ones are made where the conversation is."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely = visit, safely
        self._shares = Loaded(visit, self._read, self._draw)
        self.refresh = self._shares.refresh

    async def _read(self) -> list[ShareView]:
        return (await self._visit.services.sharing.list(self._visit.user, self._visit.visitor.base)).items

    def _draw(self, shares: list[ShareView]) -> None:
        if not shares:
            text(self._visit.t("shares_empty"), "empty-note", "p")
            return
        with named(ui.element("ul").classes("keys"), self._visit.t("settings_shares")):
            for share in shares:
                self._row(share)

    def _row(self, share: ShareView) -> None:
        visit, t = self._visit, self._visit.t
        title = share.title or t("untitled")

        async def revoke() -> None:
            await self._revoke(share, title, ender)

        with ui.element("li"):
            with ui.element("div"):
                with ui.element("p").classes("key-name"):
                    link = text(title, tag="a").props("target=_blank rel=noopener")
                    link.props["href"] = share.url
                    if share.expires_at is not None and share.expires_at <= now():
                        text(t("share_expired"), "badge badge-danger")
                with ui.element("p").classes("key-facts"):
                    text(t("share_made", day=visit.day(share.created_at)))
                    ends = share.expires_at
                    text(t("share_expires", day=visit.day(ends)) if ends else t("share_no_expiry"))
            ender = button(t("revoke"), self._safely(revoke), classes="button")
            named(ender, f"{t('revoke')}: {title}")

    async def _revoke(self, share: ShareView, title: str, opener: ui.element) -> None:
        t = self._visit.t
        with self._visit.client.layout:
            sure = await confirm(t, t("share_revoke_title"), title, t("share_revoke_text"), t("revoke"))
        if not sure:
            self._visit.focus(opener)
            return
        await self._safely.run(lambda: self._visit.services.sharing.revoke(self._visit.user, share.conversation_id))
        await self.refresh()
