"""What has just been done, with a way back for as long as it is shown."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

from ui.i18n import Translator

Undo = Callable[[], Awaitable[None]]


class Toast(ui.element, component="toast.js"):
    """`safely` runs what undoes it. Only the last thing that was done can be undone."""

    def __init__(self, t: Translator, run: Callable[[Undo], Awaitable[bool]]) -> None:
        super().__init__()
        self._run = run
        self._undo: Undo | None = None
        self._number = 0
        self.props["labels"] = {key: t(key) for key in ("undo", "dismiss")}
        self.on("undo", self._on_undo)

    def tell(self, words: str, undo: Undo) -> None:
        """Say what was done. `undo` is called once at most."""
        self._number += 1
        self._undo = undo
        self.run_method("show", words, self._number)

    async def _on_undo(self, event: GenericEventArguments) -> None:
        if event.args == self._number and (undo := self._undo) is not None:
            self._undo = None
            await self._run(undo)
