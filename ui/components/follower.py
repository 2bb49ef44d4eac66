"""Follows the log of one generation and shows it, from the start, whatever has happened already."""

import asyncio
from collections.abc import Callable
from typing import Any

from app.generations.events import Event
from app.generations.generation import Followed, Generation
from ui.components.answer import Answer
from ui.components.state_words import ending_note, queue_words, reading_words, resuming_words, writing_words
from ui.feedback import words_for_event
from ui.i18n import Translator
from ui.turns import Turns

# About eleven times a second; a reader sees no more, and each time costs.
INTERVAL = 0.09


class Follower:
    """`model` tells the name of the first engine's model and whether it is the demo, once they are known."""

    def __init__(
        self,
        t: Translator,
        generation: Followed,
        answer: Answer,
        model: Callable[[], tuple[str, bool]],
        turns: Turns,
    ) -> None:
        self._t = t
        self._generation = generation
        self._answer = answer
        self._model = model
        self._turns = turns
        self._text: list[str] = []
        self._prompt_tokens = 0
        self._speaks = False
        self._note = ("", False)
        self._ended = False

    async def run(self) -> None:
        """Until the generation ends or the server stops."""
        self._answer.begin()
        log = self._generation.log
        async for batch in log.follow():
            silent = not self._speaks
            for event in batch:
                self._apply(event)
            if silent:
                # The first words do not wait behind other pages.
                self._answer.flush()
            else:
                await self._turns.draw(self._answer.flush)
            if not log.closed:
                await asyncio.sleep(INTERVAL)
        if not self._ended:
            # The server goes away; the page comes back with it and follows on.
            self._answer.set_state(self._t("note_stopping"))

    async def until_saved(self) -> None:
        """An answer can end before it could be stored: say so, as long as it is so."""
        generation = self._generation
        if isinstance(generation, Generation) and generation.unsaved and generation.task is not None:
            words, error = self._note
            self._answer.set_note(self._t("note_unsaved"), error=True)
            await asyncio.wait([generation.task])
            # The task is cancelled when the server stops; then the next one stores it.
            if not generation.task.cancelled() and not self._answer.root.is_deleted:
                self._answer.set_note(words, error=error)

    def _apply(self, event: Event) -> None:
        t, data = self._t, event.data
        match event.type:
            case "queued":
                self._answer.set_state(queue_words(t, data, known=bool(self._model()[0])))
            case "started":
                first, is_demo = self._model()
                name = data.get("model") or first
                self._answer.set_model(name, is_demo=is_demo and name == first)
                self._prompt_tokens = data["prompt_tokens"]
                self._answer.set_state(reading_words(t, data))
            case "prefilled":
                self._answer.set_state(writing_words(t, data["cached_tokens"], self._prompt_tokens))
            case "reasoning":
                self._speaks = True
                self._answer.reasoning.feed(data["text"])
            case "delta":
                self._speaks = True
                self._text.append(data["text"])
                self._answer.feed(data["text"])
            case "resuming":
                self._answer.set_state(resuming_words(t, data))
            case "done":
                reason = data["finish_reason"]
                self._finish(data, unfinished=reason != "stop")
                self._say(ending_note(t, reason, empty=not self._text))
            case "error":
                self._finish(None, unfinished=True)
                self._say(words_for_event(t, data), error=True)

    def _say(self, words: str, *, error: bool = False) -> None:
        self._note = (words, error)
        self._answer.set_note(words, error=error)

    def _finish(self, receipt: dict[str, Any] | None, *, unfinished: bool) -> None:
        self._ended = True
        self._answer.end("".join(self._text), receipt, unfinished=unfinished)
