"""How the model writes tool calls, by the names of vLLM's parsers."""

import logging
from collections.abc import Sequence
from typing import Any

log = logging.getLogger(__name__)


def fitting(candidates: Sequence[str], tokenizer: Any) -> str | None:
    """The first whose tokens the tokenizer has; None when none fits, and tool calls cannot be read. Imports vLLM."""
    from vllm.tool_parsers import ToolParserManager

    for name in candidates:
        try:
            ToolParserManager.get_tool_parser(name)(tokenizer)
        except (RuntimeError, ValueError, TypeError, LookupError, AttributeError, ImportError) as error:
            log.info("tool calls are not read as %s: %s", name, error)
        else:
            return name
    return None
