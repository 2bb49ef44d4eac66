"""What an answer of another server has used: by its own word where it says one, else by what is seen."""

import json
from typing import Any

from engine.metering import Meter

# Of a prompt whose tokens nobody has told, because the client hung up before the end.
BYTES_PER_TOKEN = 4
DONE = b"[DONE]"


class Usage:
    """Reads the answer on its way. `hidden`: the client has not asked for the chunk that holds the usage alone."""

    def __init__(self, meter: Meter | None, size: int, *, hidden: bool) -> None:
        self._meter = meter
        self._size = size
        self._hidden = hidden
        self._told: dict[str, Any] = {}
        self._seen = 0
        self._reason: str | None = None

    def event(self, block: bytes) -> bool:
        """One server-sent event. False when the client should not see it."""
        data = b"".join(line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:"))
        if not data or data == DONE:
            return True
        try:
            chunk = json.loads(data)
        except ValueError:
            return True
        if not isinstance(chunk, dict):
            return True
        self._note(chunk)
        choices = chunk.get("choices")
        if self._meter is not None and _says_something(chunk):
            # One event per step, as a rule of one token; the usage at the end has the real number.
            self._seen += 1
            self._meter.step(1, 0)
        return not (self._hidden and choices == [] and chunk.get("usage"))

    def whole(self, body: bytes) -> None:
        """An answer in one piece."""
        try:
            answer = json.loads(body)
        except ValueError:
            return
        if isinstance(answer, dict):
            self._note(answer)

    def close(self) -> None:
        """Tell the meter."""
        if self._meter is None:
            return
        told = self._told
        prompt = _count(told, "prompt_tokens", "input_tokens")
        details = told.get("prompt_tokens_details") or told.get("input_tokens_details") or {}
        cached = _count(details, "cached_tokens") or _count(told, "cache_read_input_tokens") or 0
        self._meter.read(self._size // BYTES_PER_TOKEN if prompt is None else prompt, cached)
        self._meter.step(max(0, (_count(told, "completion_tokens", "output_tokens") or 0) - self._seen), 0)
        if self._reason is not None:
            self._meter.ended(self._reason)

    def _note(self, chunk: dict[str, Any]) -> None:
        for holder in (chunk, chunk.get("response"), chunk.get("message")):
            if isinstance(holder, dict):
                if isinstance(usage := holder.get("usage"), dict):
                    self._told |= {name: value for name, value in usage.items() if value is not None}
                self._reason = _reason(holder) or self._reason


def _reason(holder: dict[str, Any]) -> str | None:
    for choice in holder.get("choices") or []:
        if isinstance(choice, dict) and choice.get("finish_reason"):
            return str(choice["finish_reason"])
    delta = holder.get("delta")
    reason = holder.get("stop_reason") or (delta.get("stop_reason") if isinstance(delta, dict) else None)
    if holder.get("object") == "response" and holder.get("status") in ("completed", "incomplete"):
        reason = holder["status"]
    return str(reason) if reason else "stop" if holder.get("object") == "list" else None


def _says_something(chunk: dict[str, Any]) -> bool:
    if str(chunk.get("type", "")).endswith("delta") and chunk.get("type") != "message_delta":
        return True
    for choice in chunk.get("choices") or []:
        delta = choice.get("delta") if isinstance(choice, dict) else None
        if isinstance(delta, dict) and any(delta.get(name) for name in ("content", "reasoning", "tool_calls")):
            return True
        if isinstance(choice, dict) and choice.get("text"):
            return True
    return False


def _count(usage: Any, *names: str) -> int | None:
    values = [usage.get(name) for name in names] if isinstance(usage, dict) else []
    return next((value for value in values if isinstance(value, int) and value >= 0), None)
