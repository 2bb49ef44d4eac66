"""What the user has asked: plain text in a soft bubble, on the right, and what went along, folded; it can be written
anew in its place."""

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.conversations.schemas import MessageView
from ui.attachments import TextFile, pieces
from ui.components.message_actions import MessageActions
from ui.components.versions import Versions
from ui.components.vue import Editor, Frame
from ui.elements import icon_button, named, text
from ui.i18n import Translator
from ui.theme import icon

LONG = 1_500


class Question:
    """Long ones are folded by CSS until they are asked for."""

    receipt = None

    def __init__(self, t: Translator, message: MessageView, actions: MessageActions) -> None:
        self._t, self._message, self._actions = t, message, actions
        self._editor: Editor | None = None
        self.root = named(Frame().classes("question"), t("you"))
        self.root.props["data-message"] = str(message.id)
        with self.root:
            with ui.element("div").classes("question-row") as self._row:
                icon_button(t("copy_question"), "copy", classes="icon-button question-tool").props("data-copy-question")
                opener = icon_button(t("edit"), "pen", classes="icon-button edit")
                opener.on("click", self._open)
                with ui.element("div").classes("pieces"):
                    for piece in pieces(message.content):
                        self._bubble(piece) if isinstance(piece, str) else self._file(piece)
            self.versions = Versions(t, lambda direction: actions.switch(message.id, direction))

    def _bubble(self, content: str) -> None:
        if len(content) <= LONG and content.count("\n") < 24:
            text(content, "bubble", "div")
        else:
            with ui.element("details").classes("bubble folded"):
                text(content[:LONG].rpartition(" ")[0] + " …", "fold-head", "summary")
                text(content, "fold-body", "div")

    def _file(self, file: TextFile) -> None:
        lines = self._t("file_line") if file.lines == 1 else self._t("file_lines", lines=f"{file.lines:,}")
        with ui.element("details").classes("file"):
            with ui.element("summary"):
                icon("file")
                text(file.name, "chip-name")
                text(lines, "file-lines")
            text(file.body, tag="pre").props["tabindex"] = 0

    def _open(self) -> None:
        if self._editor is not None:
            return
        self._row.set_visibility(False)
        with self.root:
            self._editor = Editor(self._t, str(self._message.id), self._message.content)
        self._editor.move(target_index=0)
        self._editor.on("save", self._save)
        self._editor.on("cancel", self._close)

    def _close(self) -> None:
        if self._editor is not None:
            self._editor.delete()
            self._editor = None
        self._row.set_visibility(True)
        self._actions.focus(self._message.id, ".edit")

    async def _save(self, event: GenericEventArguments) -> None:
        taken = False
        try:
            taken = await self._actions.edit(self._message, str(event.args))
        finally:
            if not taken and self._editor is not None:
                self._editor.refuse()
