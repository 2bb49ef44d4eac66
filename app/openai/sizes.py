"""Bounds on grammars: what an answer must look like is compiled, and a short text can ask for a huge automaton."""

import json
import re
from collections.abc import Iterator
from typing import Any

from app.errors import BadRequest

GRAMMARS = ("response_format", "structured_outputs", "tools", "text", "output_format", "output_config")
MAX_GRAMMAR = 32 * 1024
MAX_PATTERN = 512
MAX_REPEAT = 1000
# A product of repetitions, as in `((a{99}){99}){99}`.
MAX_UNFOLDED = 10_000
MAX_DEPTH = 32
REPEAT = re.compile(r"\{(\d*),?(\d*)\}")
COUNTS = ("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties")


def bounded(body: dict[str, Any]) -> None:
    """Raises BadRequest (`invalid_parameter`) when a schema, pattern or grammar in the body is too large."""
    for name in GRAMMARS:
        value = body.get(name)
        if not isinstance(value, dict | list):
            continue
        if len(json.dumps(value)) > MAX_GRAMMAR:
            raise _too_large(name, f"is larger than {MAX_GRAMMAR // 1024} KB")
        for key, item in _walk(value, name, 0):
            if key in COUNTS and isinstance(item, int | float) and item > MAX_REPEAT:
                raise _too_large(name, f"has a {key} over {MAX_REPEAT}")
            if key in ("pattern", "regex", "grammar") and isinstance(item, str):
                _check_pattern(name, key, item)


def _check_pattern(name: str, key: str, pattern: str) -> None:
    if key != "grammar" and len(pattern) > MAX_PATTERN:
        raise _too_large(name, f"has a {key} longer than {MAX_PATTERN} characters")
    unfolded = 1
    for low, high in REPEAT.findall(pattern):
        count = max(int(low or 0), int(high or 0), 1)
        unfolded *= count
        if count > MAX_REPEAT or unfolded > MAX_UNFOLDED:
            raise _too_large(name, f"has a {key} with too many repetitions")


def _walk(value: Any, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > MAX_DEPTH:
        raise _too_large(name, f"is nested more than {MAX_DEPTH} deep")
    items = value.items() if isinstance(value, dict) else ((str(index), item) for index, item in enumerate(value))
    for key, item in items:
        yield key, item
        if isinstance(item, dict | list):
            yield from _walk(item, name, depth + 1)
        elif key in ("json", "structural_tag") and isinstance(item, str):
            yield from _walk(_parsed(item, name), name, depth + 1)


def _parsed(text: str, name: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise _too_large(name, "holds text that is no JSON") from None
    return value if isinstance(value, dict | list) else {}


def _too_large(name: str, what: str) -> BadRequest:
    return BadRequest(f"{name} {what}.", code="invalid_parameter", param=name)
