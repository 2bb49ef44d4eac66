"""Arguments of vLLM's API layer, beside those of its engine."""

import json
from argparse import Namespace
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.vllm_parts import part

# How models write tool calls and reasoning, by the `model_type` of their configuration. Others write tool calls as
# Hermes taught most of them to, and no reasoning. CHAT_ENGINE__EXTRA_ARGS says it better where this is wrong.
TOOL_PARSERS = {
    "gpt_oss": "openai",
    "llama": "llama3_json",
    "llama4": "llama4_pythonic",
    "mistral": "mistral",
    "mistral3": "mistral",
    "deepseek_v3": "deepseek_v3",
    "glm4_moe": "glm45",
    "granite": "granite",
}
REASONING_PARSERS = {
    "qwen3": "qwen3",
    "qwen3_moe": "qwen3",
    "gpt_oss": "openai_gptoss",
    "deepseek_v3": "deepseek_r1",
    "glm4_moe": "glm45",
}
HERMES = "hermes"
THINKING = "deepseek_r1"


def split(extra_args: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """`CHAT_ENGINE__EXTRA_ARGS`: what the engine takes, and what only its API layer knows. Imports vLLM."""
    from vllm import AsyncEngineArgs

    known = {field.name for field in fields(AsyncEngineArgs)}
    engine = {name: value for name, value in extra_args.items() if name in known}
    return engine, {name: value for name, value in extra_args.items() if name not in known}


def serve_args(engine_args: dict[str, Any], serving: dict[str, Any], model_type: str, *, demo: bool) -> Namespace:
    """The namespace that vLLM's own server would have. Raises ValueError for an argument that vLLM does not know.

    It also completes `engine_args` with what the model's kind implies.

    `demo`: it is the bundled demo model, which writes ChatML although it is a Llama.
    """
    from vllm.config import StructuredOutputsConfig
    from vllm.entrypoints.openai.models.protocol import LoRAModulePath
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    args: Namespace = part("make_arg_parser")(FlexibleArgumentParser()).parse_args([])
    if unknown := sorted(set(serving) - set(vars(args))):
        raise ValueError(f"CHAT_ENGINE__EXTRA_ARGS: vLLM knows no {', '.join(unknown)}")
    defaults = {"enable_auto_tool_choice": True, "enable_prompt_tokens_details": True, "log_error_stack": False}
    vars(args).update(defaults | engine_args | serving)
    # Which of them the tokenizer can be read with is known when the model has been loaded.
    args.tool_parsers = (TOOL_PARSERS.get(model_type, HERMES), HERMES)
    if "reasoning_parser" not in engine_args:
        parser = REASONING_PARSERS.get(model_type)
        engine_args["reasoning_parser"] = implied_parser(engine_args["model"]) if parser is None else parser
    if demo:
        from engine.demo_tools import NAME

        args.tool_parsers = (NAME,)
        # So small a model writes spaces for ever where the grammar lets it.
        compact = StructuredOutputsConfig(backend="xgrammar", disable_any_whitespace=True)
        engine_args.setdefault("structured_outputs_config", compact)
    if args.lora_modules:
        args.lora_modules = [LoRAModulePath(**module) for module in args.lora_modules]
    return args


def implied_parser(model: str) -> str:
    """vLLM's reasoning parser for a model of another kind whose chat template begins every answer with `<think>`, as
    of those that were distilled from DeepSeek-R1; else empty. `model` is its directory."""
    config, template = Path(model, "tokenizer_config.json"), Path(model, "chat_template.jinja")
    told = json.loads(config.read_text()) if config.is_file() else {}
    source = template.read_text() if template.is_file() else str(told.get("chat_template", ""))
    beginning = source.rpartition("add_generation_prompt")[2]
    # Both there: the template lets the model choose, and vLLM's parser would take all of an answer for reasoning.
    opens = "<think>" in beginning and "</think>" not in beginning
    return THINKING if opens and _has_tokens(model, {"<think>", "</think>"}) else ""


def _has_tokens(model: str, tokens: set[str]) -> bool:
    """vLLM's parser takes tags that are tokens, and refuses to start without them."""
    path = Path(model, "tokenizer.json")
    added = json.loads(path.read_text()).get("added_tokens", []) if path.is_file() else []
    return tokens <= {one["content"] for one in added}
