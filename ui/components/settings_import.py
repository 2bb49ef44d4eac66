"""Section “My data”: conversations out of a file, of this service or of ChatGPT."""

from nicegui import ui
from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from app.errors import AppError
from app.transfer.schemas import ImportReport
from ui.components.settings_visit import Visit
from ui.elements import text
from ui.feedback import words_for_event
from ui.i18n import Translator
from ui.theme import icon

MAX_BYTES = 64 * 1024 * 1024
# More reasons than these nobody reads.
SHOWN = 20


class Importer(ui.element, component="importer.js"):
    """Emits `report` with what came of a file, or `refused` with the error."""

    def __init__(self, t: Translator) -> None:
        super().__init__()
        self.props["labels"] = {name: t(f"import_{name}") for name in ("choose", "sending", "reading")}
        self.props["most"] = MAX_BYTES


class ImportBox:
    """Built inside the section. The browser sends the file itself; what the service answers is said here in words."""

    def __init__(self, visit: Visit) -> None:
        self._t = t = visit.t
        text(t("import_title"), "import-title", "h3")
        text(t("import_text"), "section-note", "p")
        importer = Importer(t)
        importer.on("report", self._on_report)
        importer.on("refused", self._on_refused)
        self._result = ui.element("div").classes("import-result").props("role=status")

    def _on_report(self, event: GenericEventArguments) -> None:
        try:
            report = ImportReport.model_validate(event.args)
        except ValidationError:
            self._refuse(AppError("The report cannot be read."))
            return
        t = self._t
        self._result.clear()
        with self._result:
            text(t("import_none") if not report.imported else t("import_done", count=report.imported), tag="p")
            if report.skipped:
                text(t("import_skipped", count=len(report.skipped)), tag="p")
                with ui.element("ul").classes("import-skipped"):
                    for one in report.skipped[:SHOWN]:
                        key = f"import_reason_{one.reason}"
                        words = t(key) if key in t else t("import_reason_invalid")
                        name = one.title or t("import_number", number=one.index + 1)
                        text(f"{name}: {words}", tag="li")
                    if len(report.skipped) > SHOWN:
                        text(t("import_more", count=len(report.skipped) - SHOWN), tag="li")
            if report.imported:
                with ui.element("a").classes("button").props("href=/"):
                    text(t("import_look"), "label")

    def _on_refused(self, event: GenericEventArguments) -> None:
        given = event.args if isinstance(event.args, dict) else {}
        self._refuse(AppError("refused", code=str(given.get("code") or "internal_error")))

    def _refuse(self, error: AppError) -> None:
        self._result.clear()
        with self._result, ui.element("p").classes("import-refused"):
            icon("alert")
            text(words_for_event(self._t, {"code": error.code}))
