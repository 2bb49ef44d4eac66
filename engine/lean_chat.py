"""Streaming chat without a pydantic object per token.

vLLM checks, renders and submits the request as always. Only the chunks of a plain answer are put together here, around
frames that vLLM's own classes have made once for the request, so they are what vLLM would write.
"""

import copy
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from engine.chat_template import is_short
from engine.chunk_frames import Frames, event
from engine.vllm_parts import part

# With one of these the chunks hold more than text, or come from elsewhere.
NOT_PLAIN = (
    "tools",
    "functions",
    "logprobs",
    "top_logprobs",
    "prompt_logprobs",
    "echo",
    "use_beam_search",
    "return_token_ids",
    "return_prompt_text",
    "include_reasoning",
)
DONE = b"data: [DONE]\n\n"


class LeanChat:
    """`serving` is vLLM's OpenAIServingChat, of which a copy with another generator of chunks is used."""

    def __init__(self, serving: Any) -> None:
        self._serving = copy.copy(serving)
        # Tells reasoning and tool calls from text. Without tools there is nothing to tell but reasoning.
        self._reasons = bool(serving.engine_client.vllm_config.structured_outputs_config.reasoning_parser)
        self._serving.parser_cls = None
        # vLLM's parser makes nothing of a step without text.
        self._serving.chat_completion_stream_generator = partial(
            _chunks, self._serving, quiet=serving.parser_cls is not None
        )
        self._short = _rendering_at_once(self._serving)

    async def stream(self, body: dict[str, Any], request_id: str) -> AsyncGenerator[bytes, None] | None:
        """Server-sent events. None when the request is not plain, or when vLLM refuses it: it is then to be asked the
        usual way, and says why. Nothing has reached the engine before the first event is asked for."""
        if self._reasons or not _is_plain(body):
            return None
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

        try:
            request = ChatCompletionRequest.model_validate(body | {"request_id": request_id})
            serving = self._short if _is_short(body) else self._serving
            answer = await serving.create_chat_completion(request)
        except (ValidationError, part("VLLMError"), ValueError, TypeError, OverflowError, NotImplementedError):
            return None
        return answer if isinstance(answer, AsyncGenerator) else None


class AtOnce:
    """vLLM's renderer, which renders conversations without its threads."""

    def __init__(self, renderer: Any) -> None:
        self._renderer = renderer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._renderer, name)

    async def render_chat_async(self, *args: Any, **options: Any) -> Any:
        """As the renderer's own."""
        return self._renderer.render_chat(*args, **options)


def _rendering_at_once(serving: Any) -> Any:
    # Releases before there was one renderer for all keep to the threads.
    if not hasattr(getattr(serving, "online_renderer", None), "renderer"):
        return serving
    own = copy.copy(serving)
    own.online_renderer = copy.copy(serving.online_renderer)
    own.online_renderer.renderer = AtOnce(serving.online_renderer.renderer)
    return own


def _is_short(body: dict[str, Any]) -> bool:
    messages = body.get("messages")
    if not isinstance(messages, list):
        return False
    contents = [one.get("content") for one in messages if isinstance(one, dict)]
    texts = [one for one in contents if isinstance(one, str)]
    return len(texts) == len(contents) and is_short(texts)


def is_last(piece: bytes) -> bool:
    """Nothing comes after this piece of a stream."""
    return piece.endswith(DONE)


def _is_plain(body: dict[str, Any]) -> bool:
    options = body.get("stream_options")
    return (
        body.get("stream") is True
        and body.get("n") in (None, 1)
        and not any(body.get(name) for name in NOT_PLAIN)
        and not (isinstance(options, dict) and options.get("continuous_usage_stats"))
    )


async def _chunks(
    serving: Any,
    request: Any,
    outputs: AsyncIterator[Any],
    request_id: str,
    model: str,
    conversation: Any,
    tokenizer: Any,
    metadata: Any,
    *,
    quiet: bool,
    **rest: Any,
) -> AsyncGenerator[bytes, None]:
    """In place of `chat_completion_stream_generator`: the same events, those of one engine step in one piece."""
    with_usage = bool(request.stream_options and request.stream_options.include_usage)
    with_usage = with_usage or serving.enable_force_include_usage
    frames = Frames(serving, request, request_id, model, stamped=not with_usage)
    tokens, output, pending = 0, None, frames.first
    try:
        async for output in outputs:
            piece = output.outputs[0]
            if not piece.text and not piece.token_ids and not tokens:
                continue
            tokens += len(piece.token_ids)
            if piece.finish_reason is None:
                if quiet and not piece.text:
                    continue
                yield pending + frames.before + to_json(piece.text) + frames.after
                pending = b""
            else:
                serving._raise_if_error(piece.finish_reason, request_id)
                pending += frames.last(piece.text or (None if quiet else ""), piece.finish_reason, piece.stop_reason)
        if with_usage and output is not None:
            pending += frames.usage(output, tokens)
    except part("GenerationError") as error:
        pending += event(serving._convert_generation_error_to_streaming_response(error).encode())
    except Exception as error:  # as vLLM does: the status is sent, so every failure becomes the last event
        pending += event(serving.create_streaming_error_response(error).encode())
    yield pending + DONE
