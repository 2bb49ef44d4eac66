"""Tells what a model thinks from what it answers, where it writes both as one text: `<think>…</think>…`."""

from dataclasses import dataclass
from typing import Any, Literal

import structlog

from engine.base import Delta, FinishReason, Written
from engine.errors import EngineError

log = structlog.get_logger(__name__)

START, END = "<think>", "</think>"
Part = Literal["before", "reasoning", "answer"]


@dataclass(frozen=True, slots=True)
class Tags:
    """Around the reasoning. `opened`: the prompt ends with the first of them, the model writes only the second.

    `special`: the tokenizer leaves them out of the text unless it is told not to.
    """

    start: str = START
    end: str = END
    opened: bool = False
    special: bool = False


def find_tags(parser_name: str, tokenizer: Any, prompt: str) -> Tags | None:
    """Those of vLLM's reasoning parser of this name; without one, those that the chat template knows. None: the model
    does not think, or vLLM's parser tells it by other means. `prompt` is any prompt that the template has made."""
    tags: Tags | None = Tags()
    if parser_name:
        tags = _tags_of(parser_name, tokenizer)
    elif START not in str(getattr(tokenizer, "chat_template", "")):
        tags = None
    if tags is None:
        return None
    opened = prompt.rstrip().endswith(tags.start.rstrip())
    return Tags(tags.start, tags.end, opened, tags.end in tokenizer.all_special_tokens)


def _tags_of(parser_name: str, tokenizer: Any) -> Tags | None:
    from vllm.reasoning import ReasoningParserManager

    try:
        parser = ReasoningParserManager.get_reasoning_parser(parser_name)(tokenizer)
    except (KeyError, RuntimeError, ValueError) as error:
        log.warning("reasoning parser unusable", parser=parser_name, reason=str(error))
        return None
    # Earlier releases have the tags of all that think in tags by these names alone.
    start = getattr(parser, "reasoning_start_str", None) or getattr(parser, "start_token", None)
    end = getattr(parser, "reasoning_end_str", None) or getattr(parser, "end_token", None)
    return Tags(start, end) if start and end else None


class Thinking:
    """Fed with pieces that may be cut anywhere, also inside a tag. The tags and the blanks around them belong to
    neither part."""

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self._part: Part = "reasoning" if tags.opened else "before"
        self._held = ""
        # Blanks at the beginning of the part that is being written are still to be left out.
        self._trim = True

    def add(self, text: str, finish_reason: FinishReason | None = None) -> tuple[str, str]:
        """Reasoning and answer that can be shown now. What may be the beginning of a tag is held back: for good where
        `length` cuts it off, for the answer may go on behind it."""
        self._held += text
        reasoning = ""
        if self._part == "before" and not self._begin(finish_reason == "stop"):
            return "", ""
        if self._part == "reasoning":
            reasoning = self._think(finish_reason == "stop")
            if self._part == "reasoning":
                return reasoning, ""
        return reasoning, self._shown(self._take(len(self._held)))

    def _begin(self, ended: bool) -> bool:
        """Whether it is known what the text begins with."""
        seen, start = self._held.lstrip(), self._tags.start
        if seen.startswith(start):
            self._part, self._held = "reasoning", seen[len(start) :]
        elif ended or not start.startswith(seen):
            self._part, self._trim = "answer", False
        return self._part != "before"

    def _think(self, ended: bool) -> str:
        end = self._held.find(self._tags.end)
        if end >= 0:
            reasoning = self._shown(self._take(end).rstrip())
            self._take(len(self._tags.end))
            self._part, self._trim = "answer", True
            return reasoning
        ready = len(self._held) if ended else len(self._held) - _overlap(self._held, self._tags.end)
        return self._shown(self._take(len(self._held[:ready].rstrip())))

    def _take(self, length: int) -> str:
        taken, self._held = self._held[:length], self._held[length:]
        return taken

    def _shown(self, text: str) -> str:
        if self._trim:
            text = text.lstrip()
            self._trim = not text
        return text


class Splitter:
    """From the text of engine steps to deltas. Without `tags` all of it is the answer.

    With `written` the steps begin at the beginning of the text, and what was shown is left out.
    """

    def __init__(self, tags: Tags | None, written: Written | None) -> None:
        self._thinking = Thinking(tags) if tags else None
        self._reasoning, self._text = (written.reasoning, written.text) if tags and written else ("", "")

    def delta(
        self,
        text: str,
        token_ids: tuple[int, ...],
        reason: FinishReason | None,
        cached_tokens: int = 0,
        preemptions: int = 0,
    ) -> Delta:
        """One step. Raises EngineError when what was shown is not the beginning of the text."""
        reasoning = ""
        if self._thinking is not None:
            reasoning, text = self._thinking.add(text, reason)
            reasoning, self._reasoning = _unseen(reasoning, self._reasoning)
            text, self._text = _unseen(text, self._text)
        return Delta(text, token_ids, reason, cached_tokens, reasoning, preemptions)


def _unseen(text: str, shown: str) -> tuple[str, str]:
    """What of the text is new, and what of that which was shown is still to come."""
    length = min(len(text), len(shown))
    if text[:length] != shown[:length]:
        raise EngineError("the answer cannot go on: its text does not fit its tokens")
    return text[length:], shown[length:]


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of the text may be the beginning of the tag."""
    return next((length for length in range(len(tag) - 1, 0, -1) if text.endswith(tag[:length])), 0)
