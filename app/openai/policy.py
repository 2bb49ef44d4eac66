"""What a user may not ask of the engine, before vLLM looks at a body. What is merely wrong is vLLM's to refuse."""

import re
from collections.abc import Iterator
from typing import Any

from app.errors import BadRequest
from app.openai.sizes import bounded

# Ours to decide: they are dropped.
OURS = ("priority", "cache_salt", "request_id", "session_id", "data_parallel_rank")
# Code for the renderer, tensors, addresses to fetch, work without bound.
FORBIDDEN = (
    "chat_template",
    "prompt_embeds",
    "media_io_kwargs",
    "mm_processor_kwargs",
    "kv_transfer_params",
    "ec_transfer_params",
    "vllm_xargs",
    "use_beam_search",
    "background",
)
TEMPLATE_SWITCHES = {"enable_thinking", "thinking"}
MEDIA = re.compile(r"(input_)?(image|audio|video|file|document|prompt_embeds)")
MAX_N = 8
MAX_SEQUENCES = 32
# The largest number, or the most items, of a field.
MOST = {
    "n": MAX_N,
    "best_of": MAX_N,
    "logprobs": 20,
    "top_logprobs": 20,
    "prompt_logprobs": 5,
    "stop": 16,
    "stop_sequences": 16,
    "stop_token_ids": 64,
    "bad_words": 64,
    "logit_bias": 300,
    "allowed_token_ids": 4096,
    "logprob_token_ids": 128,
    "tools": 128,
    "documents": 0,
}
SAID = ("messages", "input", "system")
TOKEN_FIELDS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


def checked(body: dict[str, Any]) -> dict[str, Any]:
    """The body as it may go to the engine. Raises BadRequest, whose `param` is the field."""
    for name in FORBIDDEN:
        if body.get(name):
            raise refused(name, "is not allowed here")
    switches = body.get("chat_template_kwargs")
    if switches and not (isinstance(switches, dict) and _only_switches(switches)):
        raise refused("chat_template_kwargs", f"may only hold {' and '.join(sorted(TEMPLATE_SWITCHES))}")
    for name, most in MOST.items():
        value = body.get(name)
        size = len(value) if isinstance(value, list | dict) else value
        if isinstance(size, int | float) and (size > most or size < -1):
            raise refused(name, f"may be at most {most}")
    for name in SAID:
        if any(MEDIA.match(kind) for kind in _kinds(body.get(name))):
            raise refused(name, "may hold text only: the models here read no images, audio, video or files")
    if sequences(body) > MAX_SEQUENCES:
        raise refused("prompt", f"may ask for at most {MAX_SEQUENCES} answers at once, prompts times n")
    bounded(body)
    return {name: value for name, value in body.items() if name not in OURS}


def sequences(body: dict[str, Any]) -> int:
    """How many answers are asked for."""
    n = body.get("n")
    count = n if isinstance(n, int) and n > 0 else 1
    prompt = body.get("prompt")
    if isinstance(prompt, list) and prompt and not isinstance(prompt[0], int):
        return count * len(prompt)
    return count


def max_tokens(body: dict[str, Any]) -> int | None:
    """The length of an answer that is asked for, by whatever name."""
    given = [value for name in TOKEN_FIELDS if isinstance(value := body.get(name), int) and value > 0]
    return given[0] if given else None


def refused(name: str, what: str) -> BadRequest:
    """The 400 that names the field."""
    return BadRequest(f"{name} {what}.", code="invalid_parameter", param=name)


def _only_switches(switches: dict[str, Any]) -> bool:
    return set(switches) <= TEMPLATE_SWITCHES and all(isinstance(value, bool) for value in switches.values())


def _kinds(value: Any) -> Iterator[str]:
    """The types of all parts of messages."""
    if isinstance(value, list):
        for item in value:
            yield from _kinds(item)
    elif isinstance(value, dict):
        if isinstance(kind := value.get("type"), str):
            yield kind
        elif any(name in value for name in ("image_url", "audio_url", "video_url", "input_audio")):
            yield "image"
        yield from _kinds(value.get("content"))
