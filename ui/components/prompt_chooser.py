"""The prompt library where messages are written."""

from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.auth.current import CurrentUser
from app.library.schemas import PromptView
from app.services import Services
from ui.components.safely import Safely
from ui.elements import icon_button
from ui.i18n import Translator

LINE_CHARS = 120
_LABELS = (
    "prompts", "cancel", "prompt_insert", "prompt_filter", "prompt_none_found", "prompts_empty", "prompts_manage",
)  # fmt: skip


class PromptChooser(ui.element, component="prompt_chooser.js"):
    """Built beside the composer, in what holds both. Titles and first lines go to the browser; a text when chosen."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, safely: Safely) -> None:
        super().__init__()
        self._t, self._user, self._library, self._safely = t, user, services.library, safely
        self._prompts: dict[UUID, PromptView] = {}
        self.props["labels"] = {key: t(key) for key in _LABELS}
        self.props["items"] = []
        self.on("shown", safely(self._read))
        self.on("choose", self._on_choose)

    def opener(self) -> ui.element:
        """A button that opens it, to be built where it belongs."""
        button = icon_button(self._t("prompts"), "slash", classes="icon-button composer-prompts")
        button.props("aria-haspopup=dialog data-prompts")
        return button.on("click", js_handler=f"() => getElement({self.id}).openList()")

    async def _read(self) -> None:
        listed = (await self._library.prompts(self._user)).items
        self._prompts = {one.id: one for one in listed}
        items = [{"id": str(one.id), "title": one.title, "line": _line(one.text)} for one in listed]
        if self.props["items"] != items:
            self.props["items"] = items

    def _on_choose(self, event: GenericEventArguments) -> None:
        chosen = next((one for one in self._prompts.values() if str(one.id) == event.args), None)
        if chosen is not None:
            self.run_method("fill", chosen.text)


def _line(text: str) -> str:
    return " ".join(text[: 2 * LINE_CHARS].split())[:LINE_CHARS]
