"""The messages of one conversation: questions and answers, of which some may still be written."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from nicegui import ui

from app.conversations.schemas import MessageView
from ui.branches import Branches
from ui.components.answer import Answer
from ui.components.message_actions import MessageActions
from ui.components.question import Question
from ui.components.reasoning import code_labels
from ui.components.state_words import ending_note
from ui.elements import button, named, text
from ui.feedback import words_for_event
from ui.i18n import Translator
from ui.markdown import render

# Of a long conversation the newest are drawn at once, those before them as soon as these are there, others when asked.
NEWEST = 8
WINDOW = 40
LARGE = 4_000

Model = Callable[[], tuple[str, bool]]
Resume = Callable[[MessageView, Answer], Awaitable[bool]]
Read = Callable[[Sequence[UUID]], Awaitable[list[MessageView]]]


class Messages:
    """The log region. `resume` follows an answer that still runs, False when there is nothing to follow; `read` gives
    what was said in messages, which are read only when they are drawn."""

    def __init__(self, t: Translator, model: Model, actions: MessageActions, resume: Resume, read: Read) -> None:
        self._t, self._model, self._actions, self._resume, self._read = t, model, actions, resume, read
        # In order, as they stand on the page; earlier ones of a long conversation are not drawn at first.
        self._drawn: dict[UUID, Question | Answer] = {}
        self._earlier: list[UUID] = []
        self._earlier_button: ui.element | None = None
        self._divider: ui.element | None = None
        self.root = named(ui.element("div").classes("log").props("role=log aria-live=off"), t("conversation"))

    def clear(self) -> None:
        """Show nothing."""
        self.root.clear()
        self._drawn.clear()
        self._earlier = []
        self._earlier_button = self._divider = None

    def skeleton(self) -> None:
        """Grey bars while the messages are read."""
        with self.root, ui.element("div").classes("skeleton").props("aria-hidden=true"):
            for _ in range(4):
                ui.element("i")

    def fail(self) -> None:
        """Nothing could be read: say so, with another try."""
        if self._drawn:
            return
        self.clear()
        with self.root, ui.element("div").classes("load-failed"):
            text(self._t("conversation_failed"), tag="p")
            again = button(self._t("retry"), None, classes="button small")
            again.on("click", js_handler="() => emitEvent('visit', location.pathname)")

    def answer(self, message_id: UUID) -> Answer | None:
        """A drawn answer."""
        drawn = self._drawn.get(message_id)
        return drawn if isinstance(drawn, Answer) else None

    async def show(self, branches: Branches) -> None:
        """Bring the page to the chosen path. What it shares with the path before stays untouched."""
        path = [place.id for place in branches.path]
        wanted = set(path)
        if not self._drawn or next(iter(self._drawn)) not in wanted:
            self.clear()
            self._earlier = path[:-NEWEST]
            if len(path) > WINDOW:
                with self.root:
                    self._earlier_button = button(
                        self._t("earlier"), self._actions.show_earlier, classes="button quiet earlier"
                    )
        for message_id in [one for one in self._drawn if one not in wanted]:
            self._drawn.pop(message_id).root.delete()
        for message in await self._read(path[len(self._earlier) + len(self._drawn) :]):
            await self._show(message)
        for message_id, drawn in self._drawn.items():
            versions = branches.versions(message_id)
            drawn.versions.show(versions.index(message_id) + 1, len(versions))
        self.mark_context()

    async def show_earlier(self, branches: Branches, count: int = WINDOW) -> None:
        """Show more of a long conversation, if there is more."""
        if not self._earlier:
            return
        earlier, self._earlier = self._earlier[-count:], self._earlier[:-count]
        below, self._drawn = self._drawn, {}
        for message in await self._read(earlier):
            await self._show(message)
        start = 0 if self._earlier_button is None else 1
        for position, drawn in enumerate(self._drawn.values(), start=start):
            drawn.root.move(target_index=position)
        self._drawn |= below
        if not self._earlier and self._earlier_button is not None:
            self._earlier_button.delete()
            self._earlier_button = None
        await self.show(branches)

    def mark_context(self) -> None:
        """Draw a line above the first message that the model has read for the newest answer."""
        if self._divider is not None:
            self._divider.delete()
            self._divider = None
        receipt = next((one.receipt for one in reversed(self._drawn.values()) if one.receipt), {})
        start = receipt.get("context_start")
        first = self._drawn.get(UUID(start)) if start else None
        if first is None:
            return
        with self.root:
            self._divider = ui.element("div").classes("divider").props("role=separator")
            with named(self._divider, self._t("context_start")):
                text(self._t("context_start"))
        self._divider.move(target_index=self.root.default_slot.children.index(first.root))

    async def _show(self, message: MessageView) -> None:
        name, is_demo = self._model()
        with self.root:
            if message.role == "user":
                self._drawn[message.id] = Question(self._t, message, self._actions)
                return
            is_demo = is_demo and message.model in (None, name)
            answer = Answer(self._t, message.id, message.model or name, is_demo=is_demo, actions=self._actions)
        self._drawn[message.id] = answer
        answer.rating.show(message.feedback)
        if message.status in ("queued", "running") and await self._resume(message, answer):
            return
        if message.reasoning:
            answer.reasoning.show_stored(await self._render(message.reasoning))
        if message.content:
            answer.show_stored(await self._render(message.content))
        receipt = message.receipt if message.status in ("done", "cancelled") else None
        finish_reason = (receipt or {}).get("finish_reason")
        answer.end(message.content, receipt, unfinished=message.status != "done" or finish_reason == "length")
        answer.set_note(self._note(message, finish_reason), error=message.status == "error")

    async def _render(self, content: str) -> str:
        labels = code_labels(self._t)
        if len(content) > LARGE:
            return await asyncio.to_thread(render, content, labels)
        await asyncio.sleep(0)  # others may run between two messages
        return render(content, labels)

    def _note(self, message: MessageView, finish_reason: str | None) -> str:
        match message.status:
            case "done":
                return ending_note(self._t, finish_reason, empty=not message.content)
            case "cancelled":
                return self._t("note_cancelled")
            case "error":
                return words_for_event(self._t, {"code": message.error_code or "internal_error"})
            case _:
                return self._t("note_interrupted")
