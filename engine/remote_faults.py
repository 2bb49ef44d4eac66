"""What an OpenAI-compatible server's refusal means, in our words. Never with the API key in them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from engine.errors import EngineBusy, EngineConfigError, EngineError, EngineUnavailable, PromptTooLong

MAX_WORDS = 300
# How vLLM, OpenAI, llama.cpp, SGLang and others say that a prompt does not fit.
TOO_LONG = re.compile(r"context[ _](length|window|size)|maximum (input|prompt|model) length|too many tokens", re.I)
LIMIT = re.compile(r"(?:length|window|size|limit)\D{0,40}?(\d{2,9})", re.I)
TOKENS = re.compile(r"(\d{2,9})\s+(?:input |prompt )?tokens", re.I)


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, setting: str, tokens: int, window: int
) -> EngineError:
    """The error that an answer other than 200 stands for. `tokens` is our estimate of the prompt."""
    if status in (401, 403):
        # Their own words may quote the key.
        return EngineConfigError(f"the remote server refused {setting} ({status})")
    if 300 <= status < 400:
        return EngineUnavailable(f"the remote server redirects ({status}); the base URL must be where it leads")
    if status == 404:
        return EngineConfigError("the remote server knows no such path or model (404)")
    retry_after = _seconds(headers.get("retry-after", ""))
    if status == 429 or (status == 503 and retry_after is not None):
        return EngineBusy(f"the remote server is busy ({status})", retry_after)
    if status >= 500 or status == 408:
        return EngineUnavailable(f"the remote server failed ({status})")
    return rejection(_error(body), status, tokens=tokens, window=window)


def rejection(error: dict[str, Any], status: int, *, tokens: int, window: int) -> EngineError:
    """The request itself was not taken."""
    message = str(error.get("message") or "no reason given")
    if TOO_LONG.search(f"{error.get('code')} {error.get('type')} {message}"):
        # "maximum context length is 2048 tokens. However, your prompt contains at least 3000 input tokens"
        limit = int(found[1]) if (found := LIMIT.search(message)) else window
        counts = [int(count) for count in TOKENS.findall(message) if int(count) > limit]
        return PromptTooLong(max(counts, default=max(tokens, limit)), limit)
    return EngineError(f"the remote server refused the request ({status}): {message[:MAX_WORDS]}")


def failure(error: Any, *, tokens: int, window: int) -> EngineError:
    """An `error` in the middle of a stream."""
    error = error if isinstance(error, dict) else {"message": error}
    code = error.get("code")
    if isinstance(code, int) and 400 <= code < 500:
        return rejection(error, code, tokens=tokens, window=window)
    return EngineUnavailable(f"the remote server failed: {str(error.get('message'))[:MAX_WORDS]}")


def _error(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(answer, dict):
        return {}
    error = answer.get("error", answer)
    if isinstance(error, dict):
        return {"message": error.get("detail"), **error}
    return {"message": error}


def _seconds(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None
