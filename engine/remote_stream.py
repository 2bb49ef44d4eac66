"""The stream of `/chat/completions`, read event by event."""

import json
from typing import Any

from engine.base import Delta, FinishReason, Usage
from engine.errors import EngineUnavailable
from engine.remote_faults import failure


class ChatStream:
    """Feed it the lines; `last` is the final delta once the stream has come to its end."""

    def __init__(self, tokens: int, window: int) -> None:
        self._tokens, self._window = tokens, window
        self._finish_reason: FinishReason | None = None
        self._usage: Usage | None = None
        self.done = False

    def feed(self, line: str) -> Delta | None:
        """What a line adds, if anything. Raises EngineError for an error that it tells of, EngineUnavailable for what
        is no event of such a stream."""
        if not line.startswith("data:"):
            return None
        data = line[5:].strip()
        if data == "[DONE]":
            self.done = True
            return None
        try:
            return self._read(json.loads(data))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise EngineUnavailable("the remote server sent what is no chat completion") from error

    def last(self) -> Delta:
        """The delta that ends the answer. Raises EngineUnavailable when the stream was cut before its end."""
        if self._finish_reason is None and not self.done:
            raise EngineUnavailable("the remote server broke off in the middle of the answer")
        return Delta("", finish_reason=self._finish_reason or "stop", usage=self._usage)

    @property
    def finished(self) -> bool:
        """True when nothing is missing but figures."""
        return self._finish_reason is not None

    def _read(self, chunk: dict[str, Any]) -> Delta | None:
        if chunk.get("error"):
            raise failure(chunk["error"], tokens=self._tokens, window=self._window)
        if usage := chunk.get("usage"):
            details = usage.get("prompt_tokens_details") or {}
            self._usage = Usage(
                int(usage["prompt_tokens"]), int(usage["completion_tokens"]), int(details.get("cached_tokens") or 0)
            )
        choices = chunk.get("choices") or []
        if not choices:
            return None
        choice = choices[0]
        if reason := choice.get("finish_reason"):
            self._finish_reason = "length" if reason == "length" else "stop"
        delta = choice.get("delta") or {}
        text, reasoning = delta.get("content") or "", delta.get("reasoning") or delta.get("reasoning_content") or ""
        if not isinstance(text, str) or not isinstance(reasoning, str):
            raise TypeError
        # One chunk per step, as a rule of one token; the usage at the end has the real number.
        return Delta(text, reasoning=reasoning, unnamed_tokens=1) if text or reasoning else None
