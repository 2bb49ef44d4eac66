"""Parts of vLLM's API layer that its releases keep in different places, each from where the installed one has it."""

from functools import cache
from importlib import import_module
from typing import Any

from fastapi import FastAPI, HTTPException

# Where to look, in this order, newest first: "module:name".
PLACES = {
    "DeltaMessage": (
        "vllm.entrypoints.generate.base.protocol:DeltaMessage",
        "vllm.entrypoints.openai.engine.protocol:DeltaMessage",
    ),
    "UsageInfo": (
        "vllm.entrypoints.serve.engine.protocol:UsageInfo",
        "vllm.entrypoints.openai.engine.protocol:UsageInfo",
    ),
    "GenerationError": ("vllm.exceptions:GenerationError", "vllm.entrypoints.openai.engine.protocol:GenerationError"),
    # Before there was a common base, all refusals but this one were ValueErrors.
    "VLLMError": ("vllm.exceptions:VLLMError", "vllm.exceptions:VLLMNotFoundError"),
    "VLLMClientError": ("vllm.exceptions:VLLMClientError", "builtins:ValueError"),
    "make_arg_parser": (
        "vllm.entrypoints.launchers.cli_args:make_arg_parser",
        "vllm.entrypoints.openai.cli_args:make_arg_parser",
    ),
    "init_app_state": (
        "vllm.entrypoints.launchers.api_server.app_state:init_app_state",
        "vllm.entrypoints.openai.api_server:init_app_state",
    ),
    "init_exception_handler": (
        "vllm.entrypoints.serve.exception_handling.register:init_exception_handler",
        "engine.vllm_parts:_init_exception_handler",
    ),
    "clean_loc_for_param": (
        "vllm.entrypoints.serve.exception_handling.handlers.validation:clean_loc_for_param",
        "vllm.entrypoints.serve.utils.server_utils:clean_loc_for_param",
    ),
}


@cache
def part(name: str) -> Any:
    """Raises ImportError when the installed vLLM has it nowhere that we know of, or cannot be imported at all."""
    for place in PLACES[name]:
        module, _, attribute = place.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            # Something else that is missing, torch's libraries for one, is no matter of the place.
            if not (module + ".").startswith(f"{error.name}."):
                raise
        except AttributeError:
            continue
    raise ImportError(f"vLLM has changed: no {name} in any of {', '.join(PLACES[name])}")


def preemptions(stats: Any) -> int:
    """How often the engine has put the request back, by its RequestStateStats. 0 without them, and from releases that
    count it for all requests together only."""
    return getattr(stats, "num_preemptions", 0)


def _init_exception_handler(app: FastAPI) -> None:
    """What vLLM's own function of this name does, from the time before there was one."""
    from vllm.entrypoints.serve.utils.server_utils import exception_handler, http_exception_handler
    from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

    app.exception_handler(HTTPException)(http_exception_handler)
    refused = (part("VLLMError"), part("GenerationError"), ValueError, TypeError, OverflowError, NotImplementedError)
    for error in (*refused, EngineDeadError, EngineGenerateError, Exception):
        app.exception_handler(error)(exception_handler)
