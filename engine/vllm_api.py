"""vLLM's own OpenAI- and Anthropic-compatible API over the engine of this process: its routers, its serving objects.

The seam is the one that vLLM's own server uses: the namespace of its arguments, `init_app_state`, and its routers. What
is in front of it (accounts, limits, queue, logs) is `app.openai`.
"""

import logging
from argparse import Namespace
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse

from engine.lean_chat import LeanChat
from engine.metering import MeteredLLM
from engine.pace import Pace
from engine.refusals import Refusals
from engine.tool_parser import fitting
from engine.vllm_parts import part

# Its lines about refused requests repeat what was in them; whoever asked gets the same as an answer.
TALKATIVE = ("vllm.entrypoints", "vllm.renderers", "vllm.tool_parsers", "vllm.parser")
MAX_FAULTS = 10


class VllmApi:
    """Implements `engine.base.Api`."""

    def __init__(self, app: FastAPI) -> None:
        self.app = Refusals(app)
        self._state = app.state
        self._lean = LeanChat(app.state.openai_serving_chat)

    @property
    def adapters(self) -> list[str]:
        """Names of the LoRA adapters."""
        return list(self._state.openai_serving_models.lora_requests)

    async def lean_chat(self, body: dict[str, Any], request_id: str) -> AsyncGenerator[bytes, None] | None:
        """See `LeanChat.stream`."""
        return await self._lean.stream(body, request_id)


def import_api() -> None:
    """Import what `open_api` needs, in whichever thread has time for it."""
    import vllm.entrypoints.anthropic.serving
    import vllm.entrypoints.generate.api_router
    import vllm.entrypoints.openai.chat_completion.serving
    import vllm.entrypoints.openai.completion.serving
    import vllm.entrypoints.openai.responses.serving  # noqa: F401

    part("init_app_state")


async def open_api(llm: Any, args: Namespace, pace: Pace) -> VllmApi:
    """On the event loop of `llm`; again after each restart of the engine."""
    from vllm.entrypoints.anthropic.api_router import router as messages
    from vllm.entrypoints.openai.chat_completion.api_router import router as chat
    from vllm.entrypoints.openai.completion.api_router import router as completions
    from vllm.entrypoints.openai.responses.api_router import router as responses
    from vllm.entrypoints.serve.tokenize.api_router import router as tokenize

    args.structured_outputs_config = llm.vllm_config.structured_outputs_config
    if args.tool_call_parser is None and args.enable_auto_tool_choice:
        args.tool_call_parser = fitting(args.tool_parsers, llm.get_tokenizer())
        args.enable_auto_tool_choice = args.tool_call_parser is not None
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    app = FastAPI(openapi_url=None)
    part("init_exception_handler")(app)
    app.exception_handler(RequestValidationError)(_on_validation)
    await part("init_app_state")(MeteredLLM(llm, pace), app.state, args, await llm.get_supported_tasks())
    # vLLM ends its server when the engine is dead; here the supervisor starts another engine.
    app.state.server = SimpleNamespace(should_exit=False)
    for router in (chat, completions, responses, messages, tokenize):
        app.include_router(router)
    return VllmApi(app)


async def _on_validation(request: Request, error: RequestValidationError) -> JSONResponse:
    """As vLLM, without the values that it would repeat."""
    faults = [(_field(item["loc"]), str(item["msg"]).removeprefix("Value error, ")) for item in error.errors()]
    words = dict.fromkeys(f"{field}: {message}" if field else message for field, message in faults)
    message, param = " ".join(list(words)[:MAX_FAULTS]), faults[0][0] if faults else None
    return JSONResponse({"error": {"message": message, "param": param}}, 400)


def _field(location: tuple[int | str, ...]) -> str:
    """The path of the field, without pydantic's names of union branches and wrappers."""
    path: str = part("clean_loc_for_param")(location)
    return path.removeprefix("body.").removeprefix("body")
