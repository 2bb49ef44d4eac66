"""The in-process vLLM engine: AsyncLLM on our event loop, EngineCore in a child process."""

import asyncio
import multiprocessing
import time
from argparse import Namespace
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from engine import heap
from engine.base import Api, ChatMessage, Delta, EngineStatus, ModelInfo, Prompt, Report, Sampling, Stage, Written
from engine.chat_template import ChatTemplate
from engine.config import EngineConfig
from engine.errors import EngineConfigError, EngineError, EngineUnavailable, PromptTooLong, first_line
from engine.llm import load
from engine.pace import FOLLOWED, Pace
from engine.plan import Plan, make_plan
from engine.resume import ResumedText
from engine.sampling import sampling_params
from engine.serve_args import serve_args, split
from engine.thinking import Splitter, Tags, find_tags
from engine.tracing import trace_headers
from engine.vllm_api import import_api, open_api
from engine.vllm_parts import part, preemptions
from engine.watchdog import EngineProcesses, Watchdog

GREETING = ChatMessage("user", "안녕하세요")


class VllmEngine:
    """Implements `engine.base.Engine`. vLLM is imported in a thread, after the web server is up."""

    def __init__(self, config: EngineConfig, hang_seconds: float = 10.0) -> None:
        self._config = config
        self._hang_seconds = hang_seconds
        self._watchdog, self._processes = Watchdog(hang_seconds), EngineProcesses()
        self._canary: asyncio.Task[None] | None = None
        # One thread builds, rebuilds and shuts down, so these never overlap.
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._tokenizing = ThreadPoolExecutor(1, thread_name_prefix="tokenizer")
        self._llm: Any = None
        self._pace = Pace()
        self._api: Api | None = None
        self._loading, self._may_fork = False, True
        self._template: ChatTemplate | None = None
        self._tags: Tags | None = None
        self._info: ModelInfo | None = None
        self._defaults, self._generation_config = dict[str, Any](), dict[str, Any]()

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

    @property
    def api(self) -> Api | None:
        """vLLM's own API, None while there is no engine behind it."""
        return self._api

    async def start(self, report: Report) -> None:
        """Choose, download, load, warm up. Raises EngineConfigError or EngineUnavailable."""
        plan = await make_plan(self._config, report)
        name = plan.choice.name
        try:
            args = await asyncio.get_running_loop().run_in_executor(self._builder, self._build, plan)
            self._api = await open_api(self._llm, args, self._pace)
        except ValueError as error:
            raise EngineConfigError(f"vLLM refused {name}: {first_line(error)}") from error
        except Exception as error:  # vLLM raises anything here; the supervisor tries again, more slowly each time
            self._may_fork = False  # a process of its own start is slower and knows nothing of ours
            raise EngineUnavailable(f"vLLM could not load {name}: {first_line(error)}") from error
        try:
            self._adopt(plan)
            report(EngineStatus(Stage.WARMING, name))
            await self._warm_up()
        except EngineError:
            raise
        except Exception as error:  # the same
            raise EngineUnavailable(f"vLLM has loaded {name}, and fails at once: {first_line(error)}") from error
        report(EngineStatus(Stage.READY, name))

    def _adopt(self, plan: Plan) -> None:
        model_config = self._llm.model_config
        tokenizer = self._llm.get_tokenizer()
        self._template = ChatTemplate(tokenizer)
        parser = self._llm.vllm_config.structured_outputs_config.reasoning_parser
        # Named and empty: everything is the answer.
        whole = self._config.extra_args.get("reasoning_parser") == ""
        self._tags = None if whole else find_tags(parser, tokenizer, self._template.text((GREETING,)))
        self._defaults = model_config.get_diff_sampling_param()
        self._generation_config = model_config.try_get_generation_config()
        self._info = ModelInfo(
            plan.choice.name, model_config.max_model_len, self._config.max_num_seqs, plan.choice.is_demo, plan.notes
        )

    async def _warm_up(self) -> None:
        warming = asyncio.create_task(self._generate("warm-up", 2), name="engine-warm-up")
        try:
            while not (await asyncio.wait({warming}, timeout=1))[0]:
                await self.check_health()
        finally:
            warming.cancel()
        await warming

    async def _generate(self, request_id: str, tokens: int) -> None:
        async for _ in self.stream(request_id, await self.render([GREETING]), Sampling(tokens, ignore_eos=True)):
            continue

    async def render(self, messages: Sequence[ChatMessage]) -> Prompt:
        """Chat template and exact token ids, of long conversations in the tokenizer's thread."""
        if self._template is None:
            raise EngineUnavailable("the model is still loading")
        ids = await self._template.encode_beside(self._tokenizing, tuple(messages))
        return Prompt(tuple(messages), len(ids), ids)

    async def stream(
        self, request_id: str, prompt: Prompt, sampling: Sampling, written: Written | None = None
    ) -> AsyncGenerator[Delta, None]:
        """A delta for each engine step, or for several in a full house. Nothing of `written` is generated again."""
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        if prompt.tokens >= self.info.max_model_len:
            raise PromptTooLong(prompt.tokens, self.info.max_model_len)
        ids, resumed, split = prompt.token_ids or (), None, Splitter(self._tags, written)
        if written is not None and (written.token_ids or written.text):
            resumed = await self._resume(prompt, sampling, written if self._tags is None else replace(written, text=""))
            if resumed.finish_reason is not None:
                yield split.delta(resumed.text(finished=True), (), resumed.finish_reason)
                return
            count = len(written.token_ids)
            ids += written.token_ids
            sampling = replace(
                sampling,
                max_tokens=sampling.max_tokens - count,
                min_tokens=max(0, sampling.min_tokens - count),
                stop=(),
            )
        inputs: dict[str, Any] = {"type": "token", "prompt_token_ids": list(ids)}
        if prompt.cache_salt is not None:
            inputs["cache_salt"] = prompt.cache_salt
        params = self._params(sampling, detokenize=resumed is None)
        joined = self._pace.begin(params)
        try:
            generating = self.llm.generate(inputs, params, request_id, trace_headers=trace_headers.get())
            async with aclosing(self._pace.paced(generating, joined=joined, times=FOLLOWED)) as outputs:
                async for output in outputs:
                    piece = output.outputs[0]
                    text, tokens, reason = piece.text, tuple(piece.token_ids), piece.finish_reason
                    if reason == "error":
                        raise EngineError("vLLM could not finish this request")
                    if resumed is not None:
                        text, tokens, reason = resumed.add(tokens, reason)
                    cached = output.num_cached_tokens or 0
                    yield split.delta(text, tokens, reason, cached, preemptions(output.metrics))
                    if reason != piece.finish_reason:
                        # A stop string that only we can see; closing the stream frees the request.
                        return
        except EngineDeadError as error:
            raise EngineUnavailable("the engine process has ended") from error
        except (part("VLLMClientError"), EngineGenerateError) as error:
            raise EngineError(first_line(error)) from error

    def _params(self, sampling: Sampling, *, detokenize: bool = True) -> Any:
        special = self._tags is not None and self._tags.special
        return sampling_params(sampling, self._defaults, detokenize=detokenize, special_tokens=special)

    async def _resume(self, prompt: Prompt, sampling: Sampling, written: Written) -> ResumedText:
        room = self.info.max_model_len - prompt.tokens
        params = self._params(replace(sampling, max_tokens=min(sampling.max_tokens, room)))
        tokenizer = self.llm.get_tokenizer()
        params.update_from_generation_config(self._generation_config, tokenizer.eos_token_id)
        loop = asyncio.get_running_loop()
        ids = prompt.token_ids or ()
        return await loop.run_in_executor(self._tokenizing, ResumedText, tokenizer, ids, params, written)

    async def check_health(self) -> None:
        """Raises EngineUnavailable when EngineCore has died or hangs. Call it once a second."""
        llm = self.llm
        if llm.errored:
            raise EngineUnavailable("the engine process has ended")
        running = llm.output_processor.get_num_unfinished_requests()
        if reason := self._watchdog.look(time.monotonic(), running, self._processes.read()):
            raise EngineUnavailable(f"the engine process hangs: {reason}")
        if self._canary is not None and self._canary.done():
            canary, self._canary = self._canary, None
            if error := canary.exception():
                raise EngineUnavailable(f"the idle engine failed a test generation: {error}") from error
        if self._watchdog.canary_due and self._canary is None:
            # Unfinished like any other request, so the watchdog sees it when nothing comes back.
            self._canary = asyncio.create_task(self._generate("canary", 1), name="engine-canary")

    async def stop(self) -> None:
        """Shut EngineCore down and wait until it is gone, also when it is still loading."""
        if self._loading:
            # The load then fails at once; a large model would otherwise keep the process for minutes.
            for child in multiprocessing.active_children():
                child.kill()
        llm, self._llm, self._api = self._llm, None, None
        if llm is not None:
            from vllm.v1.engine.exceptions import EngineDeadError

            # vLLM tells its streams nothing when it shuts down, or only after the process has gone.
            llm.output_processor.propagate_error(EngineDeadError())
        # Handed over before the first await: a cancelled stop must not lose the engine.
        gone = asyncio.get_running_loop().run_in_executor(self._builder, self._shut_down, llm)
        if self._canary is not None:
            canary, self._canary = self._canary, None
            canary.cancel()
            await asyncio.gather(canary, return_exceptions=True)
        await gone

    def _build(self, plan: Plan) -> Namespace:
        self._loading, self._watchdog = True, Watchdog(self._hang_seconds)
        try:
            with heap.settled():
                import_api()
                engine, serving = split(plan.args)
                args = serve_args(engine, serving, plan.model_type, demo=plan.choice.is_demo)
                stepped = (self._watchdog.stepped, self._pace.stepped)
                self._llm = load(engine, stepped, fork_server=plan.forked and self._may_fork)
            self._processes.find()
        finally:
            self._loading = False
        return args

    def _shut_down(self, llm: Any) -> None:
        # A load that was under way has brought another one meanwhile.
        llm, self._llm = llm or self._llm, None
        if self._watchdog.hung:
            # It would not obey, and vLLM would wait for it.
            self._processes.kill()
        if llm is not None:
            llm.shutdown()
        # Workers may outlive an EngineCore that was killed.
        self._processes.kill()
