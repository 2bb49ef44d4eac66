"""The chunks of a streaming chat around their text, made by vLLM's own classes."""

import time
from functools import lru_cache
from typing import Any

from pydantic_core import to_json

from engine.vllm_parts import part

CHUNK = "chat.completion.chunk"
# What stands for the text, the id and the time in a chunk that is made once for many requests.
TEXT, ID, CREATED = "\ue000", "\ue001", 4_242_424_242_424_242


class Frames:
    """Those of one request: `first`, then `before` + text + `after` for each step."""

    def __init__(self, serving: Any, request: Any, request_id: str, model: str, *, stamped: bool) -> None:
        self._serving = serving
        self._common: dict[str, Any] = {"id": request_id, "object": CHUNK, "created": int(time.time()), "model": model}
        self._stamp = (
            {"system_fingerprint": serving.system_fingerprint} if stamped and serving.system_fingerprint else {}
        )
        first, before, after = _frames(model, serving.get_chat_request_role(request))
        self.first, self.before, self.after = self._own(first), self._own(before), after

    def _own(self, frame: bytes) -> bytes:
        return frame.replace(to_json(ID), to_json(self._common["id"]), 1).replace(
            b"%d" % CREATED, b"%d" % self._common["created"], 1
        )

    def last(self, text: str | None, finish_reason: str, stop_reason: int | str | None) -> bytes:
        """The chunk that ends the answer."""
        if text is None or stop_reason is not None:
            return _last(self._common, text, finish_reason, stop_reason, **self._stamp)
        before, after = _last_frames(self._common["model"], finish_reason, *self._stamp.values())
        return self._own(before) + to_json(text) + after

    def usage(self, output: Any, tokens: int) -> bytes:
        """The chunk that tells what it cost."""
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionStreamResponse
        from vllm.entrypoints.openai.chat_completion.serving import _make_prompt_tokens_details

        read = len(output.prompt_token_ids or ())
        usage = part("UsageInfo")(prompt_tokens=read, completion_tokens=tokens, total_tokens=read + tokens)
        usage.prompt_tokens_details = _make_prompt_tokens_details(
            self._serving.enable_prompt_tokens_details,
            output.num_cached_tokens,
            output.num_cache_creation_tokens,
            None,
        )
        stamp = {"system_fingerprint": self._serving.system_fingerprint}
        chunk = ChatCompletionStreamResponse(**self._common, choices=[], usage=usage, **stamp)
        return event(chunk.model_dump_json(exclude_unset=True, exclude_none=True).encode())


@lru_cache(64)
def _frames(model: str, role: str) -> tuple[bytes, bytes, bytes]:
    delta_message = part("DeltaMessage")
    common = {"id": ID, "object": CHUNK, "created": CREATED, "model": model}
    first = _chunk(common, delta_message(role=role, content=""), prompt_token_ids=None, prompt_text=None)
    before, after = _chunk(common, delta_message(content=TEXT), {"token_ids": None}).split(to_json(TEXT))
    return first, before, after


@lru_cache(64)
def _last_frames(model: str, finish_reason: str, fingerprint: str | None = None) -> tuple[bytes, bytes]:
    common = {"id": ID, "object": CHUNK, "created": CREATED, "model": model}
    stamp = {"system_fingerprint": fingerprint} if fingerprint else {}
    before, after = _last(common, TEXT, finish_reason, None, **stamp).split(to_json(TEXT))
    return before, after


def _last(
    common: dict[str, Any], text: str | None, finish_reason: str, stop_reason: int | str | None, **stamp: Any
) -> bytes:
    ending = {"finish_reason": finish_reason, "stop_reason": stop_reason, "token_ids": None}
    delta = part("DeltaMessage")() if text is None else part("DeltaMessage")(content=text)
    return _chunk(common, delta, ending, **stamp)


def _chunk(common: dict[str, Any], delta: Any, choice: dict[str, Any] | None = None, **more: Any) -> bytes:
    from vllm.entrypoints.openai.chat_completion.protocol import (
        ChatCompletionResponseStreamChoice,
        ChatCompletionStreamResponse,
    )

    values = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None} | (choice or {})
    choices = [ChatCompletionResponseStreamChoice(**values)]
    return event(
        ChatCompletionStreamResponse(**common, choices=choices, **more).model_dump_json(exclude_unset=True).encode()
    )


def event(data: bytes) -> bytes:
    """One server-sent event."""
    return b"data: " + data + b"\n\n"
