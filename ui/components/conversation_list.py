"""The conversations as the browser gets them: rows as data, not an element of the server's for each."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from nicegui import ui

from app.conversations.list_repository import Listed
from app.conversations.listing import Lines, Overview
from ui.i18n import Translator

LABELS = (
    "conversations", "search", "search_none", "searching", "list_empty", "list_rest", "list_failed", "untitled",
    "today", "yesterday", "week", "older", "pinned", "archived", "archived_none", "show_archived", "folder_empty",
    "new_folder", "options", "rename", "pin", "unpin", "archive", "unarchive", "delete", "choose", "choose_all",
    "drop_out",
)  # fmt: skip


class ConversationList(ui.element, component="conversations.js"):
    """Search field and list. Emits `load` (section, cursor), `visit` (id), `act` (what, ids), `put` (folder, ids),
    `folder` (what, id)."""

    def __init__(self, t: Translator) -> None:
        super().__init__()
        labels = {key: t(key) for key in LABELS}
        # Their figures are put in by the browser.
        labels |= {"drop_in": t("drop_in"), "dragged": t("dragged")}
        labels |= {"found": t("search_found"), "chosen": t("chosen"), "move": t("move_to_folder"), "retry": t("retry")}
        self.props.update(labels=labels, active="")

    def set_active(self, conversation_id: UUID | None) -> None:
        """Mark the conversation that is open."""
        active = str(conversation_id or "")
        if self.props["active"] != active:
            self.props["active"] = active

    def show(self, overview: Overview) -> None:
        """The list anew, as far as it is read at first."""
        folders = [{"id": str(folder.id), "name": folder.name} for folder in overview.folders]
        main = overview.main
        self.run_method("overview", folders, rows(overview.pinned), rows(main.items), main.next)

    def show_part(self, section: str, lines: Lines, *, first: bool) -> None:
        """What was asked for with `load`."""
        self.run_method("part", section, rows(lines.items), lines.next, first)

    def fail(self, section: str) -> None:
        """It could not be read."""
        self.run_method("failed", section)

    def change(self, changed: Iterable[Listed]) -> None:
        """Some are now like this, or there again."""
        self.run_method("changed", rows(changed))

    def drop(self, ids: Sequence[UUID]) -> None:
        """Some are gone."""
        self.run_method("dropped", [str(one) for one in ids])


def rows(items: Iterable[Listed]) -> list[dict[str, Any]]:
    """What the browser needs of them; times in milliseconds since 1970."""
    return [
        {
            "id": str(item.id),
            "title": item.title,
            "pinned": item.pinned,
            "archived": item.archived,
            "folder": str(item.folder_id) if item.folder_id else None,
            "at": round(item.updated_at.timestamp() * 1000),
            "snippet": item.snippet,
        }
        for item in items
    ]
