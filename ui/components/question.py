"""What the user has asked: plain text in a soft bubble, on the right; it can be written anew in its place."""

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.conversations.schemas import MessageView
from ui.components.message_actions import MessageActions
from ui.components.versions import Versions
from ui.components.vue import Editor
from ui.elements import icon_button, named, text
from ui.i18n import Translator

LONG = 1_500


class Question:
    """Long ones are folded by CSS until they are asked for."""

    receipt = None

    def __init__(self, t: Translator, message: MessageView, actions: MessageActions) -> None:
        self._t, self._message, self._actions = t, message, actions
        self._editor: Editor | None = None
        self.root = named(ui.element("article").classes("question"), t("you"))
        self.root.props["data-message"] = str(message.id)
        with self.root:
            with ui.element("div").classes("question-row") as self._row:
                opener = icon_button(t("edit"), "pen", classes="icon-button edit")
                opener.on("click", self._open)
                self._bubble(message.content)
            self.versions = Versions(t, lambda direction: actions.switch(message.id, direction))

    def _bubble(self, content: str) -> None:
        if len(content) <= LONG and content.count("\n") < 24:
            text(content, "bubble", "div")
        else:
            with ui.element("details").classes("bubble folded"):
                text(content[:LONG].rpartition(" ")[0] + " …", "fold-head", "summary")
                text(content, "fold-body", "div")

    def _open(self) -> None:
        if self._editor is not None:
            return
        self._row.set_visibility(False)
        with self.root:
            self._editor = Editor(self._t, self._message.content)
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
