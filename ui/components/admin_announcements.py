"""Section “Announcements”: what everybody is told above the chat."""

from datetime import datetime

from nicegui import ui

from app.announcements.schemas import MAX_ANNOUNCEMENT_CHARS, Announcement, AnnouncementCreate, AnnouncementUpdate
from app.db import now
from app.errors import Invalid
from ui.components.admin_table import Cell, table
from ui.components.dialogs import confirm
from ui.components.safely import Action, Safely
from ui.components.settings_form import FormDialog, Values, checked, field
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.elements import button, named, text

LEVELS = ("info", "warning")


class AnnouncementsSection:
    """Newest first; also those that have ended."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely = visit, safely
        button(visit.t("announce"), safely(self._announce), classes="button primary", symbol="new")
        self._loaded = Loaded(visit, self._read, self._draw)
        self.refresh = self._loaded.refresh

    async def _read(self) -> list[Announcement]:
        return await self._visit.services.announcements.everything(self._visit.user)

    def _draw(self, items: list[Announcement]) -> None:
        t = self._visit.t
        if not items:
            text(t("announcements_none"), "empty-note", "p")
            return
        columns = [t(f"column_{name}") for name in ("announcement", "level", "since", "ends", "actions")]
        table(t("admin_announcements"), columns, [self._row(item) for item in items], numbers=0)

    def _row(self, item: Announcement) -> list[Cell]:
        t, visit = self._visit.t, self._visit
        ends = visit.moment(item.ends_at) if item.ends_at else "–"
        if item.ends_at is not None and item.ends_at <= now():
            ends = t("announcement_over", at=ends)
        return [
            lambda: self._words(item),
            t(f"level_{item.level}"),
            visit.moment(item.created_at),
            ends,
            lambda: self._tools(item),
        ]

    def _words(self, item: Announcement) -> None:
        text(item.text, "cell-text")

    def _tools(self, item: Announcement) -> None:
        async def edit() -> None:
            await self._edit(item)

        async def withdraw() -> None:
            await self._withdraw(item)

        with ui.element("div").classes("row-tools"):
            self._tool(item, self._visit.t("edit"), edit)
            self._tool(item, self._visit.t("withdraw"), withdraw, "button small danger")

    def _tool(self, item: Announcement, name: str, action: Action, classes: str = "button small") -> None:
        named(button(name, self._safely(action), classes=classes), f"{name}: {item.text[:60]}")

    async def _announce(self) -> None:
        async def create(values: Values) -> Announcement:
            body = checked(AnnouncementCreate, **self._given(values))
            return await self._visit.services.announcements.create(self._visit.user, body)

        dialog = self._form(self._visit.t("announce"), None)
        if await dialog.answer(create) is not None:
            await self.refresh()

    async def _edit(self, item: Announcement) -> None:
        async def change(values: Values) -> Announcement:
            body = checked(AnnouncementUpdate, **self._given(values))
            return await self._visit.services.announcements.update(self._visit.user, item.id, body)

        dialog = self._form(self._visit.t("announcement_edit"), item)
        if await dialog.answer(change) is not None:
            await self.refresh()

    async def _withdraw(self, item: Announcement) -> None:
        t = self._visit.t
        with self._visit.client.layout:
            sure = await confirm(t, t("withdraw_title"), item.text, t("withdraw_text"), t("withdraw"))
        if sure:
            await self._visit.services.announcements.withdraw(self._visit.user, item.id)
            await self.refresh()

    def _form(self, title: str, item: Announcement | None) -> FormDialog:
        t, ends = self._visit.t, item.ends_at if item else None
        dialog = FormDialog(self._visit, title, t("announce_text"), t("save"))
        with dialog.fields:
            with ui.element("label").classes("field"):
                text(t("announcement_text"))
                area = ui.element("textarea").classes("input").props("name=text rows=4 tabindex=0")
                area.props.update(defaultValue=item.text if item else "", maxlength=MAX_ANNOUNCEMENT_CHARS)
            with ui.element("label").classes("field"):
                text(t("column_level"))
                with ui.element("select").classes("input").props("name=level tabindex=0"):
                    for level in LEVELS:
                        option = text(t(f"level_{level}"), tag="option")
                        option.props.update(value=level, selected=item is not None and item.level == level)
            when = field(t("announcement_ends"), "ends_at", "datetime-local", t("announcement_ends_hint"))
            when.props["defaultValue"] = ends.astimezone(self._visit.zone).strftime("%Y-%m-%dT%H:%M") if ends else ""
        return dialog

    def _given(self, values: Values) -> dict[str, object]:
        """What was filled in; times are those of the reader's zone. Raises Invalid."""
        at = values.get("ends_at", "")
        try:
            ends_at = datetime.fromisoformat(at).replace(tzinfo=self._visit.zone) if at else None
        except ValueError as error:
            raise Invalid("ends_at: not a time.", code="form_invalid") from error
        return {"text": values.get("text", "").strip(), "level": values.get("level"), "ends_at": ends_at}
