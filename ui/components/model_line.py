"""Which model answers in the open conversation, how it is, and the choice of another."""

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from app.generations.backends import Backend
from app.services import Services
from ui.components.control import ConversationControl
from ui.components.engine_status import EngineStatusLine
from ui.components.model_choice import show_choice
from ui.components.safely import Safely
from ui.elements import set_text
from ui.i18n import Translator
from ui.watching import while_open


class ModelLine:
    """`line` stands in the header, `hint` below the composer."""

    def __init__(
        self,
        t: Translator,
        services: Services,
        safely: Safely,
        control: ConversationControl,
        line: EngineStatusLine,
        hint: TextElement,
    ) -> None:
        self._t, self._backends, self._safely, self._control = t, services.backends, safely, control
        self._line, self._hint = line, hint
        if line.choice is not None:
            line.choice.on("choose", self._on_choose)

    def watch(self) -> None:
        """Follow every model as long as the page is open."""
        client = ui.context.client
        for backend in self._backends.all():
            while_open(client, "model line", self._watch(backend))

    async def _watch(self, backend: Backend) -> None:
        async for _ in backend.supervisor.watch():
            self.show()

    def show(self) -> None:
        """Bring it up to date."""
        model = self._control.model
        chosen = self._backends.writer_of(model)
        supervisor = chosen.supervisor
        self._line.show(supervisor.status, chosen.name, supervisor.is_demo)
        if self._line.choice is not None:
            show_choice(self._t, self._line.choice, self._backends, model)
        kind = "hint_demo" if supervisor.is_demo else "hint_remote" if chosen.remote else "hint"
        set_text(self._hint, self._t(kind))

    async def _on_choose(self, event: GenericEventArguments) -> None:
        if not await self._safely.run(lambda: self._control.choose(str(event.args) or None)) and self._line.choice:
            self._line.choice.refuse()
