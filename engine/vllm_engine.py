"""The in-process vLLM engine: AsyncLLM on our event loop, EngineCore in a child process."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

import structlog

from engine import core_process
from engine.base import ChatMessage, Delta, EngineStatus, ModelInfo, Prompt, Report, Sampling, Stage
from engine.chat_template import ChatTemplate
from engine.choose import ModelChoice, choose_model, read_config
from engine.config import EngineConfig
from engine.download import fetch
from engine.errors import EngineConfigError, EngineError, EngineUnavailable, PromptTooLong
from engine.hardware import gpus, vllm_build
from engine.vllm_args import engine_args

log = structlog.get_logger(__name__)


class VllmEngine:
    """Implements `engine.base.Engine`. vLLM is imported in a thread, after the web server is up."""

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        # One thread builds, rebuilds and shuts down, so these never overlap.
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._tokenizing = ThreadPoolExecutor(1, thread_name_prefix="tokenizer")
        self._llm: Any = None
        self._loading = False
        self._template: ChatTemplate | None = None
        self._info: ModelInfo | None = None
        self._defaults: dict[str, Any] = {}

    @property
    def info(self) -> ModelInfo:
        """The model. Raises EngineUnavailable before the first start has succeeded."""
        if self._info is None:
            raise EngineUnavailable("the model is still loading")
        return self._info

    @property
    def llm(self) -> Any:
        """vLLM's AsyncLLM. Raises EngineUnavailable while there is none."""
        if self._llm is None:
            raise EngineUnavailable("the model is still loading")
        return self._llm

    async def start(self, report: Report) -> None:
        """Choose, download, load, warm up. Raises EngineConfigError or EngineUnavailable."""
        loop = asyncio.get_running_loop()
        report(EngineStatus(Stage.STARTING))
        build = vllm_build()
        if build is None:
            raise EngineConfigError(
                "vLLM is not installed here; name a remote engine: CHAT_ENGINE__KIND=openai and CHAT_ENGINE__BASE_URL"
            )
        cards = gpus() if build[0] == "gpu" else ()
        core_process.prepare_environment(gpu=bool(cards), tensor_parallel_size=self._config.tensor_parallel_size or 1)
        if not cards:
            core_process.start_fork_server()
        choice = await asyncio.to_thread(choose_model, self._config.model, cards, self._config.gpu_memory_utilization)
        log.info("model chosen", model=choice.name, reason=choice.reason, build=build[0], vllm=build[1])
        directory = await asyncio.to_thread(fetch, choice.source, report)
        report(EngineStatus(Stage.LOADING, choice.name))
        args, notes = engine_args(
            self._config,
            directory,
            read_config(directory),
            gpu_count=len(cards),
            cores=len(os.sched_getaffinity(0)),
        )
        for note in notes:
            log.warning("engine setting changed", note=note)
        try:
            await loop.run_in_executor(self._builder, self._build, args, not cards)
        except ValueError as error:
            raise EngineConfigError(f"vLLM refused {choice.name}: {_first_line(error)}") from error
        except Exception as error:  # vLLM raises anything here; the supervisor tries again, more slowly each time
            raise EngineUnavailable(f"vLLM could not load {choice.name}: {_first_line(error)}") from error
        self._adopt(choice, notes)
        report(EngineStatus(Stage.WARMING, choice.name))
        await self._warm_up()
        report(EngineStatus(Stage.READY, choice.name))

    def _adopt(self, choice: ModelChoice, notes: list[str]) -> None:
        model_config = self._llm.model_config
        self._template = ChatTemplate(self._llm.get_tokenizer())
        self._defaults = model_config.get_diff_sampling_param()
        self._info = ModelInfo(
            choice.name, model_config.max_model_len, self._config.max_num_seqs, choice.is_demo, tuple(notes)
        )

    async def _warm_up(self) -> None:
        prompt = await self.render([ChatMessage("user", "안녕하세요")])
        async for _ in self.stream("warm-up", prompt, Sampling(max_tokens=2, ignore_eos=True)):
            continue

    async def render(self, messages: Sequence[ChatMessage]) -> Prompt:
        """Chat template and exact token ids, in the tokenizer's thread."""
        if self._template is None:
            raise EngineUnavailable("the model is still loading")
        loop = asyncio.get_running_loop()
        ids = await loop.run_in_executor(self._tokenizing, self._template.encode, tuple(messages))
        return Prompt(tuple(messages), len(ids), ids)

    async def stream(self, request_id: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Delta, None]:
        """One delta per engine step that brought text or the end."""
        from vllm.exceptions import VLLMClientError
        from vllm.v1.engine.exceptions import EngineDeadError

        llm = self.llm
        if prompt.tokens >= self.info.max_model_len:
            raise PromptTooLong(prompt.tokens, self.info.max_model_len)
        inputs = {"type": "token", "prompt_token_ids": list(prompt.token_ids or ())}
        try:
            async with aclosing(llm.generate(inputs, self._params(sampling), request_id)) as outputs:
                async for output in outputs:
                    piece = output.outputs[0]
                    yield Delta(
                        piece.text,
                        tuple(piece.token_ids),
                        piece.finish_reason,
                        output.num_cached_tokens or 0,
                    )
        except EngineDeadError as error:
            raise EngineUnavailable("the engine process has ended") from error
        except VLLMClientError as error:
            raise EngineError(_first_line(error)) from error

    def _params(self, sampling: Sampling) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        given = {
            name: value for name in ("temperature", "top_p", "seed") if (value := getattr(sampling, name)) is not None
        }
        return SamplingParams(
            **(self._defaults | given | {"max_tokens": sampling.max_tokens}),
            min_tokens=min(sampling.min_tokens, sampling.max_tokens),
            stop=list(sampling.stop),
            ignore_eos=sampling.ignore_eos,
            output_kind=RequestOutputKind.DELTA,
            skip_clone=True,
        )

    async def check_health(self) -> None:
        """Raises EngineUnavailable when EngineCore has died."""
        if self.llm.errored:
            raise EngineUnavailable("the engine process has ended")

    async def stop(self) -> None:
        """Shut EngineCore down and wait until it is gone, also when it is still loading."""
        if self._loading:
            # The load then fails at once; a large model would otherwise keep the process for minutes.
            for child in multiprocessing.active_children():
                child.kill()
        await asyncio.get_running_loop().run_in_executor(self._builder, self._shut_down)

    def _build(self, args: dict[str, Any], fork_server: bool) -> None:
        self._loading = True
        try:
            self._llm = _load(args, fork_server)
        finally:
            self._loading = False

    def _shut_down(self) -> None:
        llm, self._llm = self._llm, None
        if llm is not None:
            llm.shutdown()


def _load(args: dict[str, Any], fork_server: bool) -> Any:
    from vllm import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    class OwnedLLM(AsyncLLM):  # type: ignore[misc]  # vLLM is not typed here
        """Shut down by `stop` alone: vLLM's `__del__` fails with a traceback at interpreter exit."""

        def __del__(self) -> None:
            return

    core_process.install(fork_server=fork_server)
    return OwnedLLM.from_engine_args(AsyncEngineArgs(**args))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]
