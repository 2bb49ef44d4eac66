"""How the demo model's tool calls are read, and how much room the grammar leaves it. Imports vLLM."""

from typing import Any

from vllm.tool_parsers import ToolParserManager
from vllm.tool_parsers.hermes_tool_parser import Hermes2ProToolParser

NAME = "vllm_chat_demo"


@ToolParserManager.register_module(NAME)
class DemoToolParser(Hermes2ProToolParser):  # type: ignore[misc]  # the class has no types of its own
    """Hermes' format. So small a model writes spaces, and call after call, for ever where the grammar lets it."""

    def get_structural_tag(self, request: Any, **options: Any) -> Any:
        """One space at a time may be written; where a call is asked for, a single one with arguments of its schema."""
        level = options.get("strict_level")
        if level is not None and request.tool_choice not in (None, "none", "auto"):
            options["strict_level"] = type(level).PARAMETER
        tag = super().get_structural_tag(request, **options)
        if tag is None:
            return None
        for call in getattr(tag.format, "tags", ()):
            call.content.max_whitespace_cnt = 1
        if tag.format.type == "tags_with_separator":  # a call must come, and any number of them may
            tag.format.stop_after_first = True
        return tag
