"""vLLM's AsyncLLM, made as this service needs it. Blocking: vLLM is imported and the model is loaded."""

from collections.abc import Callable, Sequence
from typing import Any

from engine import core_process, metering


def load(args: dict[str, Any], stepped: Sequence[Callable[[], None]], *, fork_server: bool) -> Any:
    """All of `stepped` are called on the event loop after each engine step. Raises whatever vLLM raises."""
    from vllm import AsyncEngineArgs, envs
    from vllm.usage.usage_lib import UsageContext
    from vllm.v1.engine.async_llm import AsyncLLM
    from vllm.v1.metrics.loggers import StatLoggerBase

    class OwnedLLM(AsyncLLM):  # type: ignore[misc]  # vLLM is not typed here
        """Shut down by `stop` alone: vLLM's `__del__` fails with a traceback at interpreter exit."""

        def __del__(self) -> None:
            return

        async def abort(self, request_id: Any, internal: bool = False) -> None:
            """What is thrown away unseen has been generated all the same."""
            if internal and isinstance(request_id, str):
                metering.count_unseen(self.output_processor, request_id)
            await super().abort(request_id, internal)

    class StepLogger(StatLoggerBase):  # type: ignore[misc]
        """Stands beside vLLM's own Prometheus logger."""

        def __init__(self, vllm_config: Any, engine_index: int = 0) -> None:
            return

        def record(self, *args: Any, **kwargs: Any) -> None:
            for tell in stepped:
                tell()

        def log_engine_initialized(self) -> None:
            return

    # vLLM reads its settings from the environment for each token, unless told that they stay as they are.
    getattr(envs, "disable_envs_cache", _nothing)()
    core_process.install(fork_server=fork_server)
    # How many tokens one step may read is chosen by it; the default for embedding programs is a fourth of a server's.
    serving = UsageContext.OPENAI_API_SERVER
    llm = OwnedLLM.from_engine_args(AsyncEngineArgs(**args), usage_context=serving, stat_loggers=[StepLogger])
    getattr(envs, "enable_envs_cache", _nothing)()
    return llm


def _nothing() -> None:
    """In place of what the installed vLLM does not have."""
