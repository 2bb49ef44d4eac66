"""Section “My data”: all of it as a file, files that come back, and who may read it."""

from nicegui import ui

from ui.components.settings_import import ImportBox
from ui.components.settings_visit import Visit
from ui.elements import text
from ui.theme import icon

EXPORT = "/api/users/me/export"


def data_section(visit: Visit) -> None:
    """A real link: the browser writes the answer into a file as it comes."""
    text(visit.t("who_may_read"), "section-note", "p")
    with ui.element("a").classes("button").props(f"href={EXPORT} download"):
        icon("down")
        text(visit.t("export_data"), "label")
    ImportBox(visit)
