"""Section “Invitations”: a link that lets one person in."""

from nicegui import ui

from app.auth.schemas import InvitationCreate, InvitationCreated, InvitationView
from app.db import now
from ui.components.admin_table import Cell, table
from ui.components.safely import Safely
from ui.components.settings_form import FormDialog, Values, checked, field
from ui.components.settings_loaded import Loaded
from ui.components.settings_once import Secret, show_once
from ui.components.settings_visit import Visit
from ui.elements import button, named, text

ROLES = ("member", "viewer", "admin")


class InvitationsSection:
    """Newest first; used ones too."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely = visit, safely
        button(visit.t("invite"), safely(self._invite), classes="button primary", symbol="new")
        self._loaded = Loaded(visit, self._read, self._draw)
        self.refresh = self._loaded.refresh

    async def _read(self) -> list[InvitationView]:
        return await self._visit.services.invitations.list(self._visit.user)

    def _draw(self, items: list[InvitationView]) -> None:
        t = self._visit.t
        if not items:
            text(t("invitations_none"), "empty-note", "p")
            return
        columns = [t(f"column_{name}") for name in ("user", "role", "since", "state", "actions")]
        table(t("admin_invitations"), columns, [self._row(item) for item in items], numbers=0)

    def _row(self, item: InvitationView) -> list[Cell]:
        t, visit = self._visit.t, self._visit
        if item.used_at is not None:
            state = t("invitation_used", day=visit.day(item.used_at))
        else:
            ended = item.expires_at <= now()
            state = t("invitation_ended" if ended else "invitation_until", day=visit.day(item.expires_at))
        who = item.email or t("anybody")
        return [who, t(f"role_{item.role}"), visit.day(item.created_at), state, lambda: self._revoker(item, who)]

    def _revoker(self, item: InvitationView, who: str) -> None:
        async def revoke() -> None:
            await self._visit.services.invitations.revoke(self._visit.user, item.id)
            await self.refresh()

        if item.used_at is None:
            named(
                button(self._visit.t("revoke"), self._safely(revoke), classes="button small"),
                f"{self._visit.t('revoke')}: {who}",
            )

    async def _invite(self) -> None:
        t, visit = self._visit.t, self._visit
        dialog = FormDialog(visit, t("invite"), t("invite_text"), t("invite"))
        with dialog.fields:
            field(t("email"), "email", "email", t("invite_email_hint"), autocomplete="off", maxlength=320)
            with ui.element("label").classes("field"):
                text(t("column_role"))
                with ui.element("select").classes("input").props("name=role tabindex=0"):
                    for role in ROLES:
                        text(t(f"role_{role}"), tag="option").props["value"] = role

        async def create(values: Values) -> InvitationCreated:
            body = checked(InvitationCreate, email=values.get("email", "").strip() or None, role=values.get("role"))
            return await visit.services.invitations.create(visit.user, body, visit.visitor)

        created: InvitationCreated | None = await dialog.answer(create)
        if created is not None:
            await self.refresh()
            note = t("invite_mailed" if created.mailed else "invite_once")
            await show_once(visit, t("invite"), note, [Secret("invitation-link", t("invite_link"), created.url)])
