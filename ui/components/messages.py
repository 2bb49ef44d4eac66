"""The messages of one conversation: questions and answers, of which the last may still be written."""

import asyncio
from collections.abc import Callable

from nicegui import ui

from app.conversations.schemas import MessageView
from ui.components.answer import Answer
from ui.components.follower import ending_note
from ui.components.question import question
from ui.elements import button, named
from ui.feedback import words_for_event
from ui.i18n import Translator
from ui.markdown import render

WINDOW = 40
LARGE = 4_000

Model = Callable[[], tuple[str, bool]]
Resume = Callable[[MessageView, Answer], bool]


class Messages:
    """The log region. Long conversations show their end first."""

    def __init__(self, t: Translator, model: Model) -> None:
        self._t = t
        self._model = model
        self._earlier: list[MessageView] = []
        self.root = named(ui.element("div").classes("log").props("role=log aria-live=off"), t("conversation"))

    def clear(self) -> None:
        """Show nothing."""
        self.root.clear()
        self._earlier = []

    def skeleton(self) -> None:
        """Grey bars while the messages are read."""
        with self.root, ui.element("div").classes("skeleton").props("aria-hidden=true"):
            for _ in range(4):
                ui.element("i")

    def ask(self, content: str) -> None:
        """Add a question."""
        with self.root:
            question(self._t, content)

    def answer(self, model: str | None = None) -> Answer:
        """Add an answer."""
        name, is_demo = self._model()
        with self.root:
            return Answer(self._t, model or name, is_demo=is_demo and model in (None, name))

    async def show(self, messages: list[MessageView], resume: Resume) -> None:
        """Show stored messages, the last ones at once; `resume` follows an answer that still runs."""
        self.clear()
        self._earlier = messages[:-WINDOW]
        with self.root:
            if self._earlier:
                button(self._t("earlier"), self._show_earlier, classes="button quiet earlier")
            for message in messages[-WINDOW:]:
                await self._show(message, resume)

    async def _show_earlier(self) -> None:
        earlier, self._earlier = self._earlier[-WINDOW:], self._earlier[:-WINDOW]
        slot = self.root.default_slot
        first = slot.children[0]
        with self.root:
            before = len(slot.children)
            for message in earlier:
                await self._show(message, None)
            added = slot.children[before:]
        for position, element in enumerate(added, start=1):
            element.move(target_index=position)
        if not self._earlier:
            first.delete()

    async def _show(self, message: MessageView, resume: Resume | None) -> None:
        if message.role == "user":
            self.ask(message.content)
            return
        answer = self.answer(message.model)
        if message.status in ("queued", "running") and resume and resume(message, answer):
            return
        if message.content:
            answer.show_stored(await self._render(message.content))
        ended = message.status in ("done", "cancelled")
        answer.end(message.content, message.receipt if ended else None)
        answer.set_note(self._note(message), error=message.status == "error")

    async def _render(self, content: str) -> str:
        label = self._t("copy_code")
        if len(content) > LARGE:
            return await asyncio.to_thread(render, content, label)
        await asyncio.sleep(0)  # others may run between two messages
        return render(content, label)

    def _note(self, message: MessageView) -> str:
        match message.status:
            case "done":
                finish_reason = (message.receipt or {}).get("finish_reason")
                return ending_note(self._t, finish_reason, empty=not message.content)
            case "cancelled":
                return self._t("note_cancelled")
            case "error":
                return words_for_event(self._t, {"code": message.error_code or "internal_error"})
            case _:
                return self._t("note_interrupted")
