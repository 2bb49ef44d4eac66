"""What goes into the engine for one API request, and what comes out of it, whichever part of vLLM's API layer asked."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any, Protocol

from engine.pace import Pace
from engine.tracing import trace_headers
from engine.vllm_parts import preemptions


class Meter(Protocol):
    """Of one request. `cache_salt`: its prompts share cached prefixes only with prompts of the same salt."""

    @property
    def cache_salt(self) -> str | None:
        """None: with everybody's."""

    def begin(self) -> None:
        """One prompt goes to the engine."""

    def finish(self) -> None:
        """The engine has nothing more to do for that prompt."""

    def read(self, prompt_tokens: int, cached_tokens: int, waited: float | None = None) -> None:
        """The engine has read a prompt; `cached_tokens` of it were known.

        `waited`: seconds from submission to the first token, where no token is shown before the last.
        """

    def step(self, tokens: int, preemptions: int) -> None:
        """So many tokens came; the engine has put the request back so often."""

    def ended(self, finish_reason: str) -> None:
        """One sequence is complete."""


current: ContextVar[Meter] = ContextVar("meter")


class MeteredLLM:
    """AsyncLLM as vLLM's API layer sees it. Who asks, by the context of the call, decides salt and priority, never the
    body of the request."""

    def __init__(self, llm: Any, pace: Pace) -> None:
        self._llm = llm
        self._pace = pace

    def __getattr__(self, name: str) -> Any:
        return getattr(self._llm, name)

    async def generate(self, prompt: Any, params: Any, request_id: str, **options: Any) -> AsyncGenerator[Any, None]:
        """As AsyncLLM's. Raises LookupError outside of a request."""
        from vllm.sampling_params import RequestOutputKind

        meter = current.get()
        if meter.cache_salt is not None:
            prompt = {**prompt, "cache_salt": meter.cache_salt}
        options["priority"] = 0
        options["trace_headers"] = trace_headers.get()
        at_once = params.output_kind is not RequestOutputKind.DELTA
        first = True
        joined = at_once or self._pace.begin(params)
        meter.begin()
        try:
            generating = self._llm.generate(prompt, params, request_id, **options)
            async with aclosing(generating if at_once else self._pace.paced(generating, joined=joined)) as outputs:
                async for output in outputs:
                    stats = output.metrics
                    if first:
                        first = False
                        waited = stats.first_token_latency if at_once and stats else None
                        meter.read(len(output.prompt_token_ids or ()), output.num_cached_tokens or 0, waited)
                    for piece in output.outputs:
                        meter.step(len(piece.token_ids), preemptions(stats))
                        if piece.finish_reason is not None:
                            meter.ended(piece.finish_reason)
                    yield output
        finally:
            meter.finish()


def count_unseen(processor: Any, request_id: str) -> None:
    """A request ends before its time: count what it has generated and nobody was shown.

    `processor` is vLLM's OutputProcessor, `request_id` its internal one.
    """
    from vllm.sampling_params import RequestOutputKind

    meter = current.get(None)
    if meter is None:
        return
    parent = processor.parent_requests.get(request_id)
    states = [processor.request_states.get(id_) for id_ in (parent.child_requests if parent else [request_id])]
    unseen = [state for state in states if state and state.output_kind is RequestOutputKind.FINAL_ONLY and state.stats]
    for index, state in enumerate(unseen):
        if index == 0:
            meter.read(state.prompt_len, state.num_cached_tokens, state.stats.first_token_latency)
        meter.step(state.stats.num_generation_tokens, preemptions(state.stats))
    for state in states:
        # What vLLM was about to join.
        if state and state.output_kind is RequestOutputKind.DELTA and getattr(state, "stream_interval", 1) > 1:
            meter.step(state.detokenizer.num_output_tokens() - state.sent_tokens_offset, preemptions(state.stats))
    for complete in parent.output_aggregator if parent and unseen else []:
        if complete is not None:
            meter.step(len(complete.token_ids), 0)
