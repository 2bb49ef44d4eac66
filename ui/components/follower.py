"""Follows the log of one generation and shows it, from the start, whatever has happened already."""

import asyncio
from collections.abc import Callable
from typing import Any

from app.generations.events import Event
from app.generations.generation import Generation
from ui.components.answer import Answer
from ui.feedback import words_for_event
from ui.i18n import Translator

# About eleven times a second; a reader sees no more, and each time costs.
INTERVAL = 0.09


class Follower:
    """`model` tells the name of the model and whether it is the demo, once they are known."""

    def __init__(
        self, t: Translator, generation: Generation, answer: Answer, model: Callable[[], tuple[str, bool]]
    ) -> None:
        self._t = t
        self._generation = generation
        self._answer = answer
        self._model = model
        self._text: list[str] = []
        self._ended = False

    async def run(self) -> None:
        """Until the generation ends or the server stops."""
        self._answer.begin()
        async for batch in self._generation.log.follow():
            for event in batch:
                self._apply(event)
            self._answer.flush()
            if not self._generation.log.closed:
                await asyncio.sleep(INTERVAL)
        if not self._ended:
            self._finish(None)
            self._answer.set_note(self._t("note_interrupted"))

    def _apply(self, event: Event) -> None:
        t, data = self._t, event.data
        match event.type:
            case "queued":
                self._answer.set_state(self._queue_words(data))
            case "started":
                name, is_demo = self._model()
                self._answer.set_model(name, is_demo=is_demo)
                self._answer.set_state(t("state_reading_tokens", tokens=f"{data['prompt_tokens']:,}"))
            case "prefilled":
                self._answer.set_state(t("state_writing"))
            case "reasoning":
                self._answer.feed_reasoning(data["text"])
            case "delta":
                self._text.append(data["text"])
                self._answer.feed(data["text"])
            case "resuming":
                self._answer.set_state(t("state_resuming"))
            case "done":
                self._finish(data)
                self._answer.set_note(ending_note(t, data["finish_reason"], empty=not self._text))
            case "error":
                self._finish(None)
                self._answer.set_note(words_for_event(t, data), error=True)

    def _queue_words(self, data: dict[str, Any]) -> str:
        place, eta = data["position"], data.get("eta_ms")
        if not place:
            return self._t("state_reading" if self._model()[0] else "state_waiting")
        if not eta:
            return self._t("state_queued", place=place)
        return self._t("state_queued_eta", place=place, seconds=max(1, round(eta / 1000)))

    def _finish(self, receipt: dict[str, Any] | None) -> None:
        self._ended = True
        self._answer.end("".join(self._text), receipt)


def ending_note(t: Translator, finish_reason: str | None, *, empty: bool) -> str:
    """What to say below an answer that did not end by itself."""
    if finish_reason in ("cancelled", "length"):
        return t(f"note_{finish_reason}")
    return t("note_empty") if empty else ""
